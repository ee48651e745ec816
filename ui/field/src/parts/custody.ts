// Where a record is, from receipts only: what the three marks show and the words for those who cannot see them.
import type { Custody } from '../api/types'

export type Mark = 'held' | 'none' | 'passed'
export interface Light {
  relay: Mark
  server: Mark
  /** Solid where the record has travelled. */
  toRelay: boolean
  toServer: boolean
  /** A message key, not a text. */
  words: `custody.${Custody}`
}

/** A record the server holds has a line where the diamond would be: which way it came no longer matters. */
export function light(custody: Custody): Light {
  const onServer = custody === 'server'
  return {
    relay: custody === 'relay' ? 'held' : onServer ? 'passed' : 'none',
    server: onServer ? 'held' : 'none',
    toRelay: custody !== 'device',
    toServer: onServer,
    words: `custody.${custody}`,
  }
}
