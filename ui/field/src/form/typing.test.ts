import { expect, test } from 'vitest'
import { typed } from './typing'

const keys = (all: string[]) => all.reduce((t, key) => typed(t, t.length, t.length, key).text, '')

test('keys write a number as it would be typed', () => expect(keys(['5', '5', '.', '9'])).toBe('55.9'))
test('a second point changes nothing', () => expect(keys(['5', '.', '.', '9', '.'])).toBe('5.9'))
test('a point first gets its zero', () => expect(keys(['.', '3'])).toBe('0.3'))
test('erasing takes the digit before the caret', () => expect(typed('558.9', 3, 3, 'erase')).toEqual({ text: '55.9', caret: 2 }))
test('the sign goes to the front and off again', () => {
  expect(typed('5', 1, 1, '-')).toEqual({ text: '-5', caret: 2 })
  expect(typed('-5', 2, 2, '-')).toEqual({ text: '5', caret: 1 })
})
