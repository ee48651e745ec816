// Where the app is, kept in the address so that the phone's back gesture works: #/ledger/<id>, #/form/<id>/<step> …
import { computed, ref } from 'vue'

export interface Place {
  /** A name that some area's `screens.ts` registers. */
  screen: string
  args: string[]
}

export function parse(hash: string): Place {
  const [screen = '', ...args] = hash.replace(/^#?\/?/, '').split('/')
  return { screen: screen || 'today', args: args.filter((a) => a !== '').map(decodeURIComponent) }
}

export const address = (screen: string, ...args: string[]) => `#/${[screen, ...args.map(encodeURIComponent)].join('/')}`

const hash = ref(location.hash)
addEventListener('hashchange', () => (hash.value = location.hash))

export const place = computed(() => parse(hash.value))
export const go = (screen: string, ...args: string[]) => void (location.hash = address(screen, ...args))
/** The same, without a step for the way back: for steps of one form, and for what was closed. */
export function goInstead(screen: string, ...args: string[]) {
  history.replaceState(history.state, '', address(screen, ...args))
  hash.value = location.hash
}
export const goRecord = (id: string) => go('ledger', id)
