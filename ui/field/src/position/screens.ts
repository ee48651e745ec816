// Walking, and the fields of a form that hold a place, a line or an area.
import { defineAsyncComponent, type Component } from 'vue'
import type { Screen } from '../shell/screens'
import BoundaryField from './BoundaryField.vue'
import PositionField from './PositionField.vue'

const walk: Component = defineAsyncComponent(() => import('./WalkScreen.vue'))
export const screens: { readonly [name: string]: Screen } = {
  walk: { component: walk, covers: true },
  patrol: { component: walk, covers: true },
}
export const slots = { point: PositionField, line: BoundaryField, polygon: BoundaryField }
