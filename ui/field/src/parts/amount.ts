// Sizes, distances and times in as many digits as a person reads at a glance.
import type { Words } from './value'

const UNITS = ['B', 'KB', 'MB', 'GB', 'TB'] as const

/** `281018368` → `268 MB`; one decimal below ten. */
export function bytes(n: number): string {
  let amount = n
  let unit = 0
  // Half a unit below the next one already reads as the next one.
  while (amount >= 1023.5 && unit < UNITS.length - 1) {
    amount /= 1024
    unit += 1
  }
  const digits = unit > 0 && amount < 9.95 ? 1 : 0
  return `${amount.toFixed(digits)}\u00a0${UNITS[unit]}`
}

/** `46.7` → `47 m`, `1430` → `1.4 km`. */
export function metres(m: number): string {
  if (m < 999.5) return `${m < 9.95 ? m.toFixed(1) : Math.round(m)}\u00a0m`
  const km = m / 1000
  return `${km < 99.95 ? km.toFixed(1) : Math.round(km)}\u00a0km`
}

/** How long something takes or is past: seconds, minutes, hours. */
export function duration(seconds: number, words: Words): string {
  const s = Math.max(0, Math.round(seconds))
  if (s < 90) return words('amount.seconds', { n: s })
  const min = Math.round(s / 60)
  if (min < 90) return words('amount.minutes', { n: min })
  const h = Math.round(min / 60)
  return h < 36 ? words('amount.hours', { n: h }) : words('amount.days', { n: Math.round(h / 24) })
}

/** `2026-11-23T14:03:22+08:00` → `14:03:22`, as it was written there. */
export const clockTime = (rfc3339: string): string => /[T ](\d{2}:\d{2}:\d{2})/.exec(rfc3339)?.[1] ?? rfc3339
