import { expect, test } from 'vitest'
import { placeOf, pressed, sortWord } from './paging'

test('a ledger begins with what changed last', () => {
  expect(placeOf({})).toEqual({ order: 'updated', descending: true, page: 1 })
})

test('an order survives the address bar', () => {
  const place = { order: 'town', descending: true, page: 3 } as const
  expect(placeOf({ sort: sortWord(place), page: '3' })).toEqual(place)
})

test('nonsense in the address is the beginning', () => {
  expect(placeOf({ sort: 'password', page: '-1' })).toEqual({ order: 'updated', descending: true, page: 1 })
})

test('a second press on a heading turns the order round and goes to the first page', () => {
  const once = pressed({ order: 'updated', descending: true, page: 7 }, 'title')
  expect([once, pressed(once, 'title').descending]).toEqual([{ order: 'title', descending: false, page: 1 }, true])
})
