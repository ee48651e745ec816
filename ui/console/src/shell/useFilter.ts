// The filter of the page that is shown, read from the address and written back to it.
import { computed } from 'vue'
import { useRoute, useRouter } from 'vue-router'
import { filterOf, queryOf, type Filter } from './filter'

export function useFilter() {
  const route = useRoute()
  const router = useRouter()
  const filter = computed(() => filterOf(route.query))
  /** Changes part of the filter; a new filter begins with its first page, in the order that was chosen. */
  function change(part: Partial<Filter>) {
    const order = route.query['sort'] ? { sort: route.query['sort'] } : {}
    const name = route.meta.parts && route.name ? route.name : 'ledger'
    return router.push({ name, query: { ...queryOf({ ...filter.value, ...part }), ...order } })
  }
  return { filter, change }
}
