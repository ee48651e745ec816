import { beforeAll, expect, test, vi } from 'vitest'

let place: typeof import('./place')
beforeAll(async () => {
  vi.stubGlobal('location', { hash: '' })
  vi.stubGlobal('addEventListener', () => {})
  place = await import('./place')
})

test('the address names the screen and what it shows', () => {
  expect(place.parse('')).toEqual({ screen: 'today', args: [] })
  expect(place.parse('#/mine')).toEqual({ screen: 'mine', args: [] })
  expect(place.parse('#/form/0190-ab/points')).toEqual({ screen: 'form', args: ['0190-ab', 'points'] })
})

test('what is written to the address is read back, whatever it holds', () => {
  expect(place.parse(place.address('ledger', '0190-ab/c'))).toEqual({ screen: 'ledger', args: ['0190-ab/c'] })
})
