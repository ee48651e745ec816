import type { Screen } from '../shell/screens'
import ConflictsScreen from './ConflictsScreen.vue'

export const screens: { readonly [name: string]: Screen } = { conflicts: { component: ConflictsScreen, tab: 'today', covers: true } }
