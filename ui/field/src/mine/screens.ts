// 我的 and everything behind it: #/mine, #/mine/sync …
import type { Screen } from '../shell/screens'
import MineScreen from './MineScreen.vue'

export const screens: { readonly [name: string]: Screen } = { mine: { component: MineScreen, tab: 'mine' } }
