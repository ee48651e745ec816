import { readFileSync } from 'node:fs'
import openapiTS, { COMMENT_HEADER, astToString } from 'openapi-typescript'
import { expect, test } from 'vitest'

test('the types of the client are those of the description (make console-types)', async () => {
  const description = new URL('openapi.json', import.meta.url)
  const kept = readFileSync(new URL('schema.d.ts', import.meta.url), 'utf8')
  expect(kept).toBe(COMMENT_HEADER + astToString(await openapiTS(description)))
})
