import { expect, test } from 'vitest'
import { en, zh } from './words'

const paths = (o: object, at = ''): string[] =>
  Object.entries(o).flatMap(([k, v]) => (typeof v === 'string' ? [`${at}${k} ${(v.match(/\{\w+\}/g) ?? []).sort()}`] : paths(v, `${at}${k}.`)))

test('English says everything Chinese says, with the same blanks', () => {
  expect(paths(en)).toEqual(paths(zh))
})
