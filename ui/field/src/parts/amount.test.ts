import { expect, test } from 'vitest'
import { bytes, clockTime, duration, metres } from './amount'

test('a size has two or three digits that matter', () => {
  expect(bytes(0)).toBe('0\u00a0B')
  expect(bytes(1023)).toBe('1023\u00a0B')
  expect(bytes(2048)).toBe('2.0\u00a0KB')
  expect(bytes(281_018_368)).toBe('268\u00a0MB')
  expect(bytes(1_048_575)).toBe('1.0\u00a0MB')
})

test('a distance is in metres up to a kilometre', () => {
  expect(metres(2.64)).toBe('2.6\u00a0m')
  expect(metres(46.7)).toBe('47\u00a0m')
  expect(metres(999.6)).toBe('1.0\u00a0km')
  expect(metres(17_240)).toBe('17.2\u00a0km')
})

test('a time left is in the largest unit that still says enough', () => {
  const words = (key: string, named?: object) => `${key}${JSON.stringify(named)}`
  expect(duration(42.4, words)).toBe('amount.seconds{"n":42}')
  expect(duration(600, words)).toBe('amount.minutes{"n":10}')
  expect(duration(7200, words)).toBe('amount.hours{"n":2}')
  expect(duration(400_000, words)).toBe('amount.days{"n":5}')
})

test('the clock of a time is the one it was written by', () => {
  expect(clockTime('2026-11-23T14:03:22.123+08:00')).toBe('14:03:22')
})
