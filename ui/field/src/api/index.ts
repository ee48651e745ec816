// The only module that talks to the device library through Tauri; everything else sees plain functions and types.
import { convertFileSrc, invoke } from '@tauri-apps/api/core'
import type { About, ApiError, Counts, Label, LedgerPage, LedgerQuery, Record } from './types'

export type * from './types'

/** A refusal of the device library: the code decides what the screen says; the device's own sentence stands under it. */
export class Refusal extends Error {
  constructor(
    readonly code: string,
    readonly says: Label,
  ) {
    super(`${code}: ${says.en}`)
  }
}

async function call<T>(command: string, args?: { [key: string]: unknown }): Promise<T> {
  try {
    return await invoke<T>(command, args)
  } catch (cause) {
    throw asRefusal(cause)
  }
}

/** What was thrown, as a refusal. Anything that is not `{code, message}` did not come from our own code. */
export function asRefusal(cause: unknown): Refusal {
  if (cause instanceof Refusal) return cause
  if (typeof cause === 'object' && cause !== null && 'code' in cause && 'message' in cause) {
    const { code, message } = cause as ApiError
    return new Refusal(code, message)
  }
  return new Refusal('unknown', { zh: String(cause), en: String(cause) })
}

export const ledger = (query: LedgerQuery) => call<LedgerPage>('ledger', { query })
export const record = (id: string) => call<Record>('record', { id })
export const counts = () => call<Counts>('counts')
export const about = () => call<About>('about')

/** Where the web view finds the thumbnail of a photo: a scheme of our own, answered from the device's copies. */
export const thumbnail = (photo: string) => convertFileSrc(photo, 'photo')
