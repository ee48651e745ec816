import type { Screen } from '../shell/screens'
import FormScreen from './FormScreen.vue'

export const screens: { readonly [name: string]: Screen } = { form: { component: FormScreen, tab: 'ledger', covers: true } }
