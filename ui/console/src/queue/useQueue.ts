// The rows of a queue under the filter of the address; more are fetched when asked for, an older answer never over a newer.
import { computed, ref, shallowRef, watch } from 'vue'
import { useRoute } from 'vue-router'
import { api, faultOf, type Fault, type Queue, type QueueRow } from '../api'
import { sinceMs } from '../shell/filter'
import { useFilter } from '../shell/useFilter'
import { countWaiting } from './waiting'

const ROWS = 50

export function useQueue(queue: Queue) {
  const route = useRoute()
  const { filter } = useFilter()
  const rows = shallowRef<QueueRow[]>([])
  const total = ref(0)
  const fault = ref<Fault | null>(null)
  const loaded = ref(false)
  let asked = 0

  async function load(limit = Math.max(ROWS, rows.value.length)) {
    const mine = ++asked
    const { towns, kind, since, search } = filter.value
    const query = {
      limit,
      ...(towns.length && { town: towns.join(',') }),
      ...(kind && { kind }),
      ...(since && { since_ms: sinceMs(since, Date.now()) }),
      ...(search && { search }),
    }
    const answer = await api.GET('/v1/console/queues/{queue}', { params: { path: { queue }, query } })
    if (mine !== asked) return
    fault.value = answer.data ? null : faultOf(answer)
    if (!answer.data) return
    rows.value = answer.data.rows
    total.value = answer.data.total
    loaded.value = true
    await countWaiting()
  }
  watch(() => JSON.stringify(route.query), () => load(ROWS), { immediate: true })
  const left = computed(() => Math.min(ROWS, total.value - rows.value.length))
  return { rows, total, fault, loaded, left, load, more: () => load(rows.value.length + ROWS) }
}
