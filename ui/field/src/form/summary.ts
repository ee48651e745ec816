// A row of a repeated group in a line.
import type { FormField, FormRow } from '../api'

const GRAVITY = ['void', 'exceeds', 'cannot-be-judged', 'compliant', 'not-judged']
/** Figures of one line; more do not fit a phone. */
const FIGURES_MAX = 3

const isNumber = (f: FormField) => f.type === 'decimal' || f.type === 'int'

/** Its first words, its first figures, the gravest of its verdicts with the limit that gave it. */
export function summary(row: FormRow) {
  const shown = row.fields.filter((f) => !f.hidden)
  const filled = shown.filter((f) => f.text !== '' || (f.value !== null && f.value !== undefined && f.value !== ''))
  const judged = shown.flatMap((f) => (f.judgement ? [f.judgement] : []))
  const gravest = judged.sort((a, b) => rank(a.verdict) - rank(b.verdict))[0]
  return {
    name: filled.find((f) => f.type === 'text')?.text ?? '',
    figures: filled.filter(isNumber).slice(0, FIGURES_MAX),
    verdict: gravest?.verdict ?? null,
    bound: gravest?.bound ? [gravest.bound, gravest.unit].filter(Boolean).join(' ') : null,
  }
}
/** What nobody knows is grave until somebody has looked. */
const rank = (verdict: string) => GRAVITY.indexOf(verdict)
