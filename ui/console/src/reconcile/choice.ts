// What a person chose, as the call that writes it. Pure: the dispute and the choice in, the decision out.
import type { Decision, Dispute } from '../api'

export type Choice = { take: number } | { value: string } | null

/** Everything that was on the screen: the decision replaces these writes and none that came meanwhile. */
export const seenOf = (dispute: Dispute): string[] => [...new Set(dispute.rivals.flatMap((rival) => [rival.op, ...rival.same]))]

export function decisionOf(dispute: Dispute, choice: Choice, reason: string): Decision | null {
  if (!choice || !reason.trim()) return null
  const field = { path: dispute.path, seen: seenOf(dispute) }
  if ('value' in choice) return choice.value.trim() ? { writes: [{ ...field, value: choice.value }], reason } : null
  const rival = dispute.rivals[choice.take]
  if (!rival) return null
  // Of "deleted here, edited there" one side is an edit elsewhere in the record: the word is what is decided.
  const kept = dispute.path === 'lifecycle' ? { value: String(rival.value) } : { keep: rival.op }
  return { writes: [{ ...field, ...kept }], reason }
}

/** A text that says all of it, to be mended by hand. */
export const combined = (values: string[]): string => values.join('；')
