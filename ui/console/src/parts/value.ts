// How a value of a record is read: words where there are some, numbers as typed, geometry in short.
import type { Words } from '../api'
import { shortTime } from './time'

interface Readable {
  value?: unknown
  words: Words[]
  derived?: boolean
}
interface Geometry {
  type: string
  coordinates: unknown
}

/** Digits after the point of a computed number; a typed one is shown as it was typed. */
const DERIVED_DIGITS = 2

const isGeometry = (value: unknown): value is Geometry => typeof value === 'object' && value !== null && 'coordinates' in value

function geometry({ type, coordinates }: Geometry): string {
  const degrees = (n: unknown) => Number(n).toFixed(6)
  if (type === 'Point' && Array.isArray(coordinates)) return `${degrees(coordinates[1])}, ${degrees(coordinates[0])}`
  const line = type === 'Polygon' && Array.isArray(coordinates) ? coordinates[0] : coordinates
  const count = Array.isArray(line) ? line.length : 0
  return `${type === 'Polygon' ? '▱' : '⌇'} ${type === 'Polygon' ? Math.max(count - 1, 0) : count}`
}

/** `48213.70` stays, `2231.04718281` of a computation becomes `2231.05`. */
export function rounded(text: string): string {
  return /^-?\d+\.\d{3,}$/.test(text) ? Number(text).toFixed(DERIVED_DIGITS) : text
}

/** The text of a value in the language of `say`; `yes` and `no` are the words for truth. */
export function textOf(fact: Readable, say: (words: Words) => string, truth: (value: boolean) => string): string {
  const { value } = fact
  if (fact.words.length) return fact.words.map(say).join(' · ')
  if (value === null || value === undefined) return '—'
  if (typeof value === 'boolean') return truth(value)
  if (Array.isArray(value)) return value.map(String).join(', ')
  if (isGeometry(value)) return geometry(value)
  if (typeof value === 'object') return JSON.stringify(value)
  if (/^\d{4}-\d\d-\d\dT\d\d:\d\d/.test(String(value))) return shortTime(String(value))
  return fact.derived ? rounded(String(value)) : String(value)
}
