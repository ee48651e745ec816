// How a stored value reads on screen. Numbers stay digit for digit as they were typed; only thousands are set apart.
import type { Fact, Label } from '../api/types'

export type Language = 'zh' | 'en'
export type Words = (key: string, named?: { [name: string]: string | number }) => string

export const say = (label: Label, language: Language): string => label[language] || label.zh || label.en

/** `3486.50` → `3,486.50`; never goes through a double when it is a text. */
export function grouped(number: number | string): string {
  const text = String(number)
  const parts = /^(-?)(\d+)(\.\d+)?$/.exec(text)
  if (!parts) return text
  const [, sign = '', whole = '', rest = ''] = parts
  return sign + whole.replace(/\B(?=(\d{3})+$)/g, ',') + rest
}

/** Decimals a person can use of a computed number: an area by walked fixes is never sure to less than a square metre. */
const usefulDecimals = (unit: string | null) => (unit === 'm²' ? 0 : 2)

/** A computed number for reading; `show` and exports keep every digit. */
export function rounded(number: number | string, unit: string | null): string {
  const value = Number(number)
  if (!Number.isFinite(value)) return String(number)
  const scale = 10 ** usefulDecimals(unit)
  return grouped(Math.round(value * scale) / scale)
}

/** `2026-11-23T14:03:22+08:00` → `2026-11-23 14:03`: the time where it was written, not where it is read. */
export function localTime(rfc3339: string): string {
  const parts = /^(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2})/.exec(rfc3339)
  return parts ? `${parts[1]} ${parts[2]}` : rfc3339
}

/** A unit never stands alone on the next line; a percent sign stands at its number, as Chinese writes it. */
const unitAfter = (unit: string | null) => (unit === null ? '' : unit === '%' ? '%' : `\u00a0${unit}`)

/** `640 m`, `1.1 km`: no finer than a fix is good for. */
export const distance = (metres: number) =>
  metres < 1000 ? `${metres < 100 ? Math.round(metres) : Math.round(metres / 10) * 10}\u00a0m` : `${(metres / 1000).toFixed(1)}\u00a0km`

/** `14:03:22` of a time stamp. */
export const clock = (rfc3339: string) => /T(\d{2}:\d{2}:\d{2})/.exec(rfc3339)?.[1] ?? rfc3339

interface Geometry {
  type: string
  coordinates: unknown
  accuracy_m?: number
}

function isGeometry(value: unknown): value is Geometry {
  return typeof value === 'object' && value !== null && 'type' in value && 'coordinates' in value
}

function geometry(g: Geometry, words: Words): string {
  if (g.type === 'Point') {
    const [lon, lat] = g.coordinates as [number, number]
    const near = g.accuracy_m === undefined ? '' : ` ±${g.accuracy_m}\u00a0m`
    return `${lat.toFixed(6)}, ${lon.toFixed(6)}${near}`
  }
  if (g.type === 'LineString') return words('value.vertices', { n: (g.coordinates as unknown[]).length })
  // A ring repeats its first corner at the end.
  const corners = (g.coordinates as unknown[][]).reduce((n, ring) => n + Math.max(ring.length - 1, 0), 0)
  return words('value.vertices', { n: corners })
}

/** The value of a fact as text, with its unit; an empty one is a dash. */
export function read(fact: Pick<Fact, 'type' | 'unit' | 'value' | 'words' | 'derived'>, language: Language, words: Words): string {
  const { value } = fact
  if (value === null || value === undefined || value === '') return '—'
  if (fact.words.length > 0) return fact.words.map((w) => say(w, language)).join(language === 'zh' ? '、' : ', ')
  if (typeof value === 'boolean') return words(value ? 'value.yes' : 'value.no')
  if (isGeometry(value)) return geometry(value, words)
  const unit = unitAfter(fact.unit)
  if (Array.isArray(value)) return value.length === 0 ? '—' : value.map(String).join(language === 'zh' ? '、' : ', ') + unit
  if (fact.type === 'timestamp' || fact.type === 'moment') return localTime(String(value))
  if (fact.type === 'int' || fact.type === 'decimal') {
    const number = value as number | string
    return (fact.derived ? rounded(number, fact.unit) : grouped(number)) + unit
  }
  return String(value) + unit
}
