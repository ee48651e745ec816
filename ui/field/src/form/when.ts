// Times as people write them, and as the device reads them: RFC 3339 with the offset of this clock.
const two = (n: number) => String(n).padStart(2, '0')

export function rfc3339(at: Date): string {
  const east = -at.getTimezoneOffset()
  const offset = `${east < 0 ? '-' : '+'}${two(Math.floor(Math.abs(east) / 60))}:${two(Math.abs(east) % 60)}`
  return `${day(at)}T${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}${offset}`
}

export const day = (at: Date) => `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`
export const inDays = (from: Date, n: number) => new Date(from.getFullYear(), from.getMonth(), from.getDate() + n)

/** `2026-11-23 14:03` as it stands in an input. */
export const asTyped = (text: string) => text.replace('T', ' ').replace(/(:\d{2}):\d{2}(\.\d+)?([+-]\d{2}:\d{2}|Z)?$/, '$1')

/** What was typed as RFC 3339; null if it is no time. A day alone stays one. */
export function fromTyped(text: string): string | null {
  if (text.trim() === '') return ''
  const parts = /^(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:[T\s]+(\d{1,2})[:：](\d{2})(?:[:：](\d{2}))?)?$/.exec(text.trim())
  if (!parts) return null
  const [y, mo, d, h, mi, s] = parts.slice(1).map((p) => (p === undefined ? undefined : Number(p)))
  const at = new Date(y!, mo! - 1, d!, h ?? 0, mi ?? 0, s ?? 0)
  if (at.getMonth() !== mo! - 1 || at.getDate() !== d! || at.getHours() !== (h ?? 0) || at.getMinutes() !== (mi ?? 0)) return null
  return h === undefined ? day(at) : rfc3339(at)
}
