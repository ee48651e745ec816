import type { Screen } from '../shell/screens'
import SignScreen from './SignScreen.vue'

export const screens: { readonly [name: string]: Screen } = { sign: { component: SignScreen, tab: 'ledger', covers: true } }
