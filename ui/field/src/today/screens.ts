import type { Screen } from '../shell/screens'
import NewScreen from './NewScreen.vue'
import TodayScreen from './TodayScreen.vue'

export const screens: { readonly [name: string]: Screen } = {
  today: { component: TodayScreen, tab: 'today' },
  new: { component: NewScreen, passing: true },
}
