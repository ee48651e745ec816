import { expect, test } from 'vitest'
import type { Column } from '../api'
import { chosenColumns } from './columns'

const column = (path: string, type: string, derived = false): Column => ({ path, type, derived, label: { zh: path, en: path }, unit: null, choices: [] })

test('a ledger shows what tells rows apart, in the order of the form', () => {
  const form = [
    column('area_m2', 'decimal', true), column('uncertainty', 'decimal', true), column('mu', 'decimal', true),
    column('declared', 'decimal'), column('land', 'choice'), column('plan', 'choice'), column('deadline', 'date'),
  ]
  expect(chosenColumns(form).map((c) => c.path)).toEqual(['area_m2', 'declared', 'land', 'plan', 'deadline'])
})
