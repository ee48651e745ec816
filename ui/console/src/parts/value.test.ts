import { expect, test } from 'vitest'
import { shortTime } from './time'
import { rounded, textOf } from './value'

const zh = (words: { zh: string }) => words.zh
const truth = (value: boolean) => (value ? '是' : '否')

test('a choice is read by its words, not by its id', () => {
  expect(textOf({ value: 'idle', words: [{ zh: '闲置裸地', en: 'Idle' }] }, zh, truth)).toBe('闲置裸地')
})

test('a typed number stays as typed, a computed one is rounded', () => {
  expect(textOf({ value: '60.050', words: [] }, zh, truth)).toBe('60.050')
  expect(textOf({ value: '2231.04718281', words: [], derived: true }, zh, truth)).toBe('2231.05')
  expect(rounded('12')).toBe('12')
})

test('a position is latitude and longitude', () => {
  expect(textOf({ value: { type: 'Point', coordinates: [117.1304, 40.53025] }, words: [] }, zh, truth)).toBe('40.530250, 117.130400')
})

test('a boundary says how many corners it has', () => {
  const ring = [[0, 0], [1, 0], [1, 1], [0, 0]]
  expect(textOf({ value: { type: 'Polygon', coordinates: [ring] }, words: [] }, zh, truth)).toBe('▱ 3')
})

test('nothing is a dash and truth has words', () => {
  expect([textOf({ words: [] }, zh, truth), textOf({ value: false, words: [] }, zh, truth)]).toEqual(['—', '否'])
})

test('another year is said', () => {
  const now = Date.parse('2026-11-23T10:00:00')
  expect(shortTime('2026-03-04T05:06:00', now)).toBe('03-04 05:06')
  expect(shortTime('2025-03-04T05:06:00', now)).toBe('2025-03-04 05:06')
  expect(shortTime('?', now)).toBe('?')
})
