import { expect, test } from 'vitest'
import { ageOf } from './age'

test('an age is told in minutes, then hours, then days, and never below nothing', () => {
  const hour = 3_600_000
  expect([0, 59 * 60_000, hour, 47 * hour, 48 * hour, -hour].map((age) => ageOf(0, age))).toEqual([
    { unit: 'minutes', n: 0 }, { unit: 'minutes', n: 59 }, { unit: 'hours', n: 1 }, { unit: 'hours', n: 47 },
    { unit: 'days', n: 2 }, { unit: 'minutes', n: 0 },
  ])
})
