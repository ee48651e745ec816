// Order and page of a ledger, as the address bar keeps them.
import type { LocationQuery } from 'vue-router'
import type { Order } from '../api'

export const ROWS = 50
export interface Place {
  order: Order
  descending: boolean
  page: number
}
const ORDERS: readonly string[] = ['updated', 'title', 'town', 'state'] satisfies Order[]
const isOrder = (word: string): word is Order => ORDERS.includes(word)

export function placeOf(query: LocationQuery): Place {
  const word = String(query['sort'] ?? '')
  const name = word.replace(/^-/, '')
  const page = Number(query['page'] ?? 1)
  const known = isOrder(name)
  return {
    order: known ? name : 'updated',
    descending: known ? word.startsWith('-') : true,
    page: Number.isInteger(page) && page > 0 ? page : 1,
  }
}

export const sortWord = (place: Place): string => `${place.descending ? '-' : ''}${place.order}`

/** A second press turns the order round; times begin with the newest. */
export const pressed = (place: Place, order: Order): Place => ({
  order,
  descending: place.order === order ? !place.descending : order === 'updated',
  page: 1,
})
