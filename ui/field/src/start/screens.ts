// The screen before the app: shown until the device's home is open.
import type { Screen } from '../shell/screens'
import StartScreen from './StartScreen.vue'

export const screens: { readonly [name: string]: Screen } = { start: { component: StartScreen, covers: true, passing: true } }
