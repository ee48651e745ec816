import type { Screen } from '../shell/screens'
import LeaveScreen from './LeaveScreen.vue'

export const screens: { readonly [name: string]: Screen } = { leave: { component: LeaveScreen, tab: 'ledger', covers: true } }
