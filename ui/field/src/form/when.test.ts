import { expect, test } from 'vitest'
import { asTyped, fromTyped, inDays, day, rfc3339 } from './when'

test('a time is read as people write it, and its moment survives', () => {
  const at = new Date(2026, 10, 23, 14, 3)
  for (const text of ['2026-11-23 14:03', '2026/11/23 14:03', '2026年11月23日 14：03', '2026-11-23T14:03']) {
    expect(new Date(fromTyped(text)!).getTime()).toBe(at.getTime())
  }
})

test('a day alone stays a day', () => expect(fromTyped('2026-11-23')).toBe('2026-11-23'))

test('what is no time is not guessed at', () => {
  for (const text of ['tomorrow', '2026-13-01', '2026-02-30 10:00', '2026-11-23 25:00']) expect(fromTyped(text)).toBeNull()
})

test('an emptied time empties the field', () => expect(fromTyped(' ')).toBe(''))

test('a stored time stands in the input without seconds and offset', () => {
  expect(asTyped('2026-11-23T14:03:22+08:00')).toBe('2026-11-23 14:03')
  expect(asTyped('2026-11-23')).toBe('2026-11-23')
})

test('a moment keeps its offset when written', () => expect(new Date(rfc3339(new Date(0))).getTime()).toBe(0))

test('a deadline crosses the end of a month', () => expect(day(inDays(new Date(2026, 10, 23), 15))).toBe('2026-12-08'))
