// The ledger as a growing list: page after page from the device's database, always of one query.
import { ref, shallowRef, type Ref } from 'vue'
import { asRefusal, ledger, type Refusal, type LedgerPage, type LedgerQuery, type LedgerRow } from '../api'

/** Rows of one page: more than a tall screen shows, so that one page fills it. */
export const PAGE_ROWS = 50

export type Fetch = (query: LedgerQuery) => Promise<LedgerPage>
export type Filter = Omit<LedgerQuery, 'offset' | 'limit'>
/** Everything, the last changed first. */
export const ALL: Filter = { kind: null, search: '', state: null, town: null, overdue: false, near: null }

export interface LedgerState {
  rows: Ref<LedgerRow[]>
  total: Ref<number | null>
  loading: Ref<boolean>
  refusal: Ref<Refusal | null>
  open(filter: Filter): Promise<void>
  more(): Promise<void>
}

/** `fetch` is given by tests; the app uses the device. */
export function useLedger(fetch: Fetch = ledger): LedgerState {
  const rows = shallowRef<LedgerRow[]>([])
  const total = ref<number | null>(null)
  const loading = ref(false)
  const refusal = shallowRef<Refusal | null>(null)
  let filter: Filter = ALL
  let asked = 0 // answers to an older question are dropped

  async function page(first: boolean) {
    const question = ++asked
    loading.value = true
    refusal.value = null
    try {
      const answer = await fetch({ ...filter, offset: first ? 0 : rows.value.length, limit: PAGE_ROWS })
      if (question !== asked) return
      rows.value = first ? answer.rows : [...rows.value, ...answer.rows]
      total.value = answer.total
    } catch (cause) {
      if (question !== asked) return
      refusal.value = asRefusal(cause)
      if (first) [rows.value, total.value] = [[], null]
    } finally {
      if (question === asked) loading.value = false
    }
  }

  return {
    rows, total, loading, refusal,
    open(next) {
      filter = next
      return page(true)
    },
    async more() {
      const known = total.value
      if (!loading.value && !refusal.value && known !== null && rows.value.length < known) await page(false)
    },
  }
}
