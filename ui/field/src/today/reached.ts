// The home card subtracts for the person: receipts add up from the right, and every remainder says where it is.
import type { CustodyCard, Where } from '../api'

export interface Amount {
  records: number
  photos: number
}
export interface Reached {
  all: Amount
  /** At least a relay's receipt: what the server holds was passed on, so it counts here too. */
  relay: Amount
  server: Amount
  onlyHere: Amount
  onlyRelay: Amount
  shareRelay: number
  shareServer: number
  done: boolean
}

export function reached({ records, photos }: Pick<CustodyCard, 'records' | 'photos'>): Reached {
  const amount = (of: (w: Where) => number): Amount => ({ records: of(records), photos: of(photos) })
  const all = amount((w) => w.all)
  const server = amount((w) => w.server)
  const onlyRelay = amount((w) => w.relay)
  const relay = amount((w) => w.relay + w.server)
  const share = (part: Amount) => (all.records + all.photos === 0 ? 0 : (part.records + part.photos) / (all.records + all.photos))
  return {
    all, server, relay, onlyRelay,
    onlyHere: amount((w) => w.device),
    shareRelay: share(relay),
    shareServer: share(server),
    done: all.records + all.photos > 0 && share(server) === 1,
  }
}

/** Bytes as a person reads them on a bill. */
export const megabytes = (bytes: number) => (bytes < 1e6 ? '< 1' : String(Math.round(bytes / 1e6)))
