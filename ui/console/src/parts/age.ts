// How long something has waited, in one unit: what a person needs to know which comes first.
const MINUTE = 60_000

export function ageOf(sinceMs: number, nowMs: number): { unit: 'minutes' | 'hours' | 'days'; n: number } {
  const minutes = Math.max(0, Math.floor((nowMs - sinceMs) / MINUTE))
  if (minutes < 60) return { unit: 'minutes', n: minutes }
  if (minutes < 48 * 60) return { unit: 'hours', n: Math.floor(minutes / 60) }
  return { unit: 'days', n: Math.floor(minutes / (24 * 60)) }
}
