// The page of the ledger that the address names: fetched anew with every address, an older answer never over a newer.
import { computed, ref, shallowRef, watch } from 'vue'
import { useRoute } from 'vue-router'
import { api, faultOf, type Fault, type Ledger } from '../api'
import { catalogue } from '../session'
import { sinceMs } from '../shell/filter'
import { useFilter } from '../shell/useFilter'
import { ROWS, placeOf, sortWord } from './paging'

export function useLedger() {
  const route = useRoute()
  const { filter } = useFilter()
  const place = computed(() => placeOf(route.query))
  const kind = computed(() => catalogue.value?.kinds.find((k) => k.id === filter.value.kind) ?? null)
  const ledger = shallowRef<Ledger | null>(null)
  const fault = ref<Fault | null>(null)
  const busy = ref(false)
  let asked = 0

  async function load() {
    if (!kind.value) return
    const mine = ++asked
    busy.value = true
    const { towns, states, since, search } = filter.value
    const query = {
      kind: kind.value.id,
      sort: sortWord(place.value),
      limit: ROWS,
      offset: (place.value.page - 1) * ROWS,
      ...(towns.length && { town: towns.join(',') }),
      ...(states.length && { state: states.join(',') }),
      ...(since && { since_ms: sinceMs(since, Date.now()) }),
      ...(search && { search }),
    }
    const answer = await api.GET('/v1/console/ledger', { params: { query } })
    if (mine !== asked) return
    busy.value = false
    fault.value = answer.data ? null : faultOf(answer)
    if (answer.data) ledger.value = answer.data
  }
  watch(() => [route.query, kind.value], load, { immediate: true })
  return { kind, filter, place, ledger, fault, busy, load }
}
