// Where the app is, kept in the address so that the phone's back gesture works: #/ledger, #/ledger/<id>, #/mine.
import { computed, ref } from 'vue'

export type Tab = 'ledger' | 'mine'
export interface Place {
  tab: Tab
  record: string | null
}

export function parse(hash: string): Place {
  const [, tab, record] = hash.replace(/^#/, '').split('/')
  return tab === 'mine' ? { tab, record: null } : { tab: 'ledger', record: record ? decodeURIComponent(record) : null }
}

const hash = ref(location.hash)
addEventListener('hashchange', () => (hash.value = location.hash))

export const place = computed(() => parse(hash.value))
export const goTab = (tab: Tab) => (location.hash = `#/${tab}`)
export const goRecord = (id: string) => (location.hash = `#/ledger/${encodeURIComponent(id)}`)
