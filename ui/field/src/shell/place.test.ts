import { beforeAll, expect, test, vi } from 'vitest'

let parse: typeof import('./place').parse
beforeAll(async () => {
  vi.stubGlobal('location', { hash: '' })
  vi.stubGlobal('addEventListener', () => {})
  parse = (await import('./place')).parse
})

test('the address names the screen and the open record', () => {
  expect(parse('')).toEqual({ tab: 'ledger', record: null })
  expect(parse('#/mine')).toEqual({ tab: 'mine', record: null })
  expect(parse('#/ledger/0190-ab%2Fc')).toEqual({ tab: 'ledger', record: '0190-ab/c' })
  expect(parse('#/nowhere')).toEqual({ tab: 'ledger', record: null })
})
