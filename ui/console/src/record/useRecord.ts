// A record with its changes; both are fetched together, so that the page never shows one without the other for long.
import { ref, shallowRef, watch } from 'vue'
import { api, faultOf, type Change, type Fault, type Shown } from '../api'

export function useRecord(id: () => string) {
  const record = shallowRef<Shown | null>(null)
  const changes = shallowRef<Change[]>([])
  const fault = ref<Fault | null>(null)

  async function load() {
    if (!id()) return void (record.value = null)
    const params = { path: { id: id() } }
    const asked = id()
    const [shown, history] = await Promise.all([
      api.GET('/v1/console/records/{id}', { params }),
      api.GET('/v1/console/records/{id}/changes', { params }),
    ])
    if (asked !== id()) return
    const missing = [shown, history].find((answer) => !answer.data)
    fault.value = missing ? faultOf(missing) : null
    record.value = shown.data ?? null
    changes.value = [...(history.data ?? [])].reverse()
  }
  watch(id, load, { immediate: true })
  return { record, changes, fault, load }
}
