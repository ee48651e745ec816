// One thing the device is asked to do: whether it is under way, and what it refused.
import { ref, shallowRef } from 'vue'
import { asRefusal, type Refusal } from '../api'

export function useDoing() {
  const busy = ref(false)
  const refusal = shallowRef<Refusal | null>(null)
  /** Does it; true if it was done. */
  async function run(deed: () => Promise<unknown>): Promise<boolean> {
    busy.value = true
    refusal.value = null
    try {
      await deed()
      return true
    } catch (cause) {
      refusal.value = asRefusal(cause)
      return false
    } finally {
      busy.value = false
    }
  }
  return { busy, refusal, run }
}
