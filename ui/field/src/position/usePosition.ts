// The receiver while a screen needs it: on with the first, off after the last, for the battery.
import { onBeforeUnmount, onMounted, shallowRef } from 'vue'
import { asRefusal, onPosition, watchPosition, type PositionState, type Refusal } from '../api'

const state = shallowRef<PositionState | null>(null)
const refusal = shallowRef<Refusal | null>(null)
let users = 0
let listening: Promise<unknown> | null = null

async function set(on: boolean) {
  try {
    // Listens before it asks, so that no fix falls between the two.
    await (listening ??= onPosition((now) => (state.value = now)))
    state.value = await watchPosition(on)
    refusal.value = null
  } catch (cause) {
    refusal.value = asRefusal(cause)
  }
}

export function usePosition() {
  onMounted(() => {
    users += 1
    if (users === 1) void set(true)
  })
  onBeforeUnmount(() => {
    users -= 1
    if (users === 0) void set(false)
  })
  return { state, refusal, heard: (now: PositionState) => (state.value = now) }
}
