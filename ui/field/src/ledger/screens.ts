// The ledger stays alive behind the other screens, so that going back finds its place: App.vue draws it itself.
import type { Screen } from '../shell/screens'
import LedgerScreen from './LedgerScreen.vue'

export const screens: { readonly [name: string]: Screen } = { ledger: { component: LedgerScreen, tab: 'ledger' } }
