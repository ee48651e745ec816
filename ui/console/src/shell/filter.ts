// The one filter of every page, as the address bar keeps it. Pure: the address in, the filter out, and back.
import type { LocationQuery } from 'vue-router'

export const SINCE = { day: 1, week: 7, month: 30, year: 365 } as const
export type Since = keyof typeof SINCE

export interface Filter {
  towns: string[]
  kind: string | null
  since: Since | null
  states: string[]
  search: string
}

type Words = LocationQuery[string] | undefined
const one = (value: Words): string => (Array.isArray(value) ? value[0] : value) ?? ''
const many = (value: Words): string[] => one(value).split(',').filter(Boolean)
const isSince = (word: string): word is Since => Object.hasOwn(SINCE, word)

export function filterOf(query: LocationQuery): Filter {
  const since = one(query['since'])
  return {
    towns: many(query['town']),
    kind: one(query['kind']) || null,
    since: isSince(since) ? since : null,
    states: many(query['state']),
    search: one(query['search']),
  }
}

/** The address of a filter: what is not set is not in it, so that equal views have equal addresses. */
export function queryOf(filter: Filter): Record<string, string> {
  const all: [string, string][] = [
    ['town', filter.towns.join(',')],
    ['kind', filter.kind ?? ''],
    ['since', filter.since ?? ''],
    ['state', filter.states.join(',')],
    ['search', filter.search],
  ]
  return Object.fromEntries(all.filter(([, value]) => value !== ''))
}

/** Whether anything but the kind narrows the view. */
export const narrows = (filter: Filter): boolean =>
  filter.towns.length > 0 || filter.states.length > 0 || filter.since !== null || filter.search !== ''

/** The beginning of the time that is looked at, milliseconds since 1970. */
export const sinceMs = (since: Since, nowMs: number): number => nowMs - SINCE[since] * 24 * 3_600_000
