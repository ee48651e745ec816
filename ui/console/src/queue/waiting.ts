// How much waits for this user, for the navigation; asked again after every decision.
import { reactive } from 'vue'
import { api } from '../api'

export const waiting = reactive({ conflicts: 0, reviews: 0 })

export async function countWaiting() {
  for (const queue of ['conflicts', 'reviews'] as const) {
    const answer = await api.GET('/v1/console/queues/{queue}', { params: { path: { queue }, query: { limit: 0 } } })
    if (answer.data) waiting[queue] = answer.data.total
  }
}
