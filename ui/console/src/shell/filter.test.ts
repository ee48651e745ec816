import { expect, test } from 'vitest'
import { filterOf, narrows, queryOf, sinceMs, type Filter } from './filter'

const NOTHING: Filter = { towns: [], kind: null, since: null, states: [], search: '' }

test('a filter survives the address bar', () => {
  const filter: Filter = { towns: ['110118101', '110118103'], kind: 'bare-land', since: 'week', states: ['hung-up'], search: '令公' }
  expect(filterOf(queryOf(filter))).toEqual(filter)
})

test('what is not set is not in the address', () => {
  expect(queryOf(NOTHING)).toEqual({})
  expect(filterOf({})).toEqual(NOTHING)
})

test('an address that somebody typed wrong is an open filter, not an error', () => {
  expect(filterOf({ since: 'toString', town: ',,', kind: ['noise', 'voc'] })).toEqual({ ...NOTHING, kind: 'noise' })
})

test('a kind alone does not narrow a ledger', () => {
  expect([narrows({ ...NOTHING, kind: 'voc' }), narrows({ ...NOTHING, since: 'day' })]).toEqual([false, true])
})

test('a week is seven days', () => {
  expect(sinceMs('week', 700_000_000)).toBe(700_000_000 - 7 * 86_400_000)
})
