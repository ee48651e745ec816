// What the app can show. Every area registers its own in `<area>/screens.ts`, so that areas grow without touching the shell:
// `screens` by the first word of the address, `slots` for what other areas put into their screens.
import type { Component } from 'vue'

export interface Screen {
  /** Gets the rest of the address as `args`. */
  component: Component
  /** The tab that is lit. */
  tab?: Tab
  /** On a phone it takes the whole window, its way back being at the top. */
  covers?: boolean
  /** It is not what a person comes back to after a restart. */
  passing?: boolean
}
export type Tab = 'today' | 'ledger' | 'map' | 'mine'

/** `point`, `line`, `polygon`, `photos` draw a field of that type; the others are named by whoever asks for them. */
export interface Slots {
  readonly [name: string]: Component
}
interface Area {
  screens?: { readonly [name: string]: Screen }
  slots?: Slots
}

const areas = Object.values(import.meta.glob<Area>('../*/screens.ts', { eager: true }))
export const screens: { readonly [name: string]: Screen } = Object.assign({}, ...areas.map((a) => a.screens ?? {}))
export const slots: Slots = Object.assign({}, ...areas.map((a) => a.slots ?? {}))
