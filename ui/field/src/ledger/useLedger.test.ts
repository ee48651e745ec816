import { expect, test } from 'vitest'
import { Refusal, type LedgerPage, type LedgerQuery, type LedgerRow } from '../api'
import { ALL, PAGE_ROWS, useLedger } from './useLedger'

const row = (n: number): LedgerRow => ({
  id: String(n), kind: 'voc', title: `site ${n}`, state: null, facts: [], conflicts: 0,
  custody: 'device', distanceM: null, overdue: false,
})
const device = (count: number) => async (q: LedgerQuery): Promise<LedgerPage> => ({
  rows: Array.from({ length: Math.min(q.limit, count - q.offset) }, (_, i) => row(q.offset + i)),
  total: count,
})
const everything = { ...ALL }

test('pages join without a gap or a repeat, and stop at the end', async () => {
  const list = useLedger(device(120))
  await list.open(everything)
  expect(list.rows.value).toHaveLength(PAGE_ROWS)
  for (let i = 0; i < 5; i++) await list.more()
  expect(list.rows.value.map((r) => r.id)).toEqual(Array.from({ length: 120 }, (_, i) => String(i)))
})

test('an answer to an older question is dropped, however late it comes', async () => {
  const answers: ((page: LedgerPage) => void)[] = []
  const list = useLedger(() => new Promise((done) => answers.push(done)))
  const slow = list.open({ ...ALL, search: '一' })
  const quick = list.open({ ...ALL, search: '一二' })
  answers[1]?.({ rows: [row(2)], total: 1 })
  await quick
  answers[0]?.({ rows: [row(1), row(3)], total: 2 })
  await slow
  expect(list.rows.value.map((r) => r.id)).toEqual(['2'])
  expect(list.loading.value).toBe(false)
})

test('a refusal keeps the rows already shown and stops asking until told', async () => {
  let asked = 0
  const list = useLedger(async (q) => {
    asked += 1
    if (q.offset > 0) throw new Refusal('database', { zh: '锁定', en: 'locked' })
    return device(120)(q)
  })
  await list.open(everything)
  await list.more()
  await list.more()
  expect([asked, list.rows.value.length, list.refusal.value?.code]).toEqual([2, PAGE_ROWS, 'database'])
})
