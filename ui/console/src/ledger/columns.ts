// Which columns of a form a ledger shows: those that tell rows apart at a glance.
import { computed, type ComputedRef } from 'vue'
import type { Column, KindWords } from '../api'

const MOST = 5
const RANK: { readonly [type: string]: number } = { choice: 0, date: 1, decimal: 2, int: 3, bool: 4 }
/** What is computed repeats what was typed, in another unit or with its doubt. */
const DERIVED = 5

/** The first few by how much they tell, in the order of the form. */
export function chosenColumns(columns: readonly Column[]): Column[] {
  const ranked = columns.map((column, at) => ({ column, at, rank: (RANK[column.type] ?? 9) + (column.derived ? DERIVED : 0) }))
  ranked.sort((a, b) => a.rank - b.rank || a.at - b.at).splice(MOST)
  return ranked.sort((a, b) => a.at - b.at).map(({ column }) => column)
}

export const useColumns = (kind: () => KindWords): ComputedRef<Column[]> => computed(() => chosenColumns(kind().columns))
