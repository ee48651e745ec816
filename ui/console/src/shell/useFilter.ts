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
    return router.push({ name: 'ledger', query: { ...queryOf({ ...filter.value, ...part }), ...order } })
  }
  return { filter, change }
}
