import { expect, test } from 'vitest'
import { distance, grouped, localTime, read } from './value'

const words = (key: string, named?: object) => key + (named ? JSON.stringify(named) : '')
const fact = (type: string, value: unknown, more: object = {}) => read({ type, value, unit: null, words: [], derived: false, ...more }, 'zh', words)

test('a number keeps its digits and only gets its thousands set apart', () => {
  expect(grouped('3486.50')).toBe('3,486.50')
  expect(grouped(1284)).toBe('1,284')
  expect(grouped('-12345678901234567890.10')).toBe('-12,345,678,901,234,567,890.10')
  expect(grouped('0.01L')).toBe('0.01L')
})

test('a value carries its unit', () => {
  expect(fact('decimal', 3486, { unit: 'm²' })).toBe('3,486\u00a0m²')
  expect(fact('decimal', 90, { unit: '%' })).toBe('90%')
})

test('a computed number is rounded for reading, a typed one never', () => {
  expect(fact('decimal', 5656.0385, { unit: 'm²', derived: true })).toBe('5,656\u00a0m²')
  expect(fact('decimal', '63.250', { unit: 'dB(A)', derived: true })).toBe('63.25\u00a0dB(A)')
  expect(fact('decimal', '5656.0385', { unit: 'm²' })).toBe('5,656.0385\u00a0m²')
})

test('a text of digits is not a number', () => {
  expect(fact('text', '110118101')).toBe('110118101')
})

test('a choice reads as its words, several with the list comma of the language', () => {
  const both = [{ zh: '围挡', en: 'fence' }, { zh: '苫盖', en: 'net' }]
  expect(fact('choices', ['fence', 'net-cover'], { words: both })).toBe('围挡、苫盖')
  expect(read({ type: 'choices', value: [], unit: null, words: both, derived: false }, 'en', words)).toBe('fence, net')
})

test('an empty value is a dash, never a blank', () => {
  for (const empty of [null, undefined, '', []]) expect(fact('text', empty)).toBe('—')
})

test('a time is shown as it was written there', () => {
  expect(localTime('2026-11-23T14:03:22+08:00')).toBe('2026-11-23 14:03')
  expect(fact('moment', '2026-11-23')).toBe('2026-11-23')
})

test('a position shows its accuracy, an area its corners without the repeated one', () => {
  expect(fact('point', { type: 'Point', coordinates: [116.83, 40.37], accuracy_m: 4 })).toBe('40.370000, 116.830000 ±4\u00a0m')
  const ring = [[0, 0], [1, 0], [1, 1], [0, 0]]
  expect(fact('polygon', { type: 'Polygon', coordinates: [ring] })).toBe('value.vertices{"n":3}')
})

test('a distance is said no finer than a fix is good for', () => {
  expect([distance(4.4), distance(643), distance(1149), distance(17_240)]).toEqual(['4\u00a0m', '640\u00a0m', '1.1\u00a0km', '17.2\u00a0km'])
})
