// What the map area shows in the shell, and what it puts into other screens.
import { defineAsyncComponent } from 'vue'
import type { Screen } from '../shell/screens'

// MapLibre is most of the program's size; what needs no map must not wait for it.
const later = (load: () => Promise<{ default: object }>) => defineAsyncComponent(load as () => Promise<{ default: import('vue').Component }>)

export const screens: { readonly [name: string]: Screen } = {
  map: { component: later(() => import('./MapScreen.vue')), tab: 'map' },
}
export const slots = { 'site-map': later(() => import('./SiteMap.vue')) }
