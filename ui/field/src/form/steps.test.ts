import { expect, test } from 'vitest'
import type { FormField, FormItem, FormState } from '../api'
import { gridOf } from './grid'
import { calibrationPending, openAt, stepOf } from './steps'
import { summary } from './summary'

const field = (path: string, text = '', more: Partial<FormField> = {}): FormField => ({
  path, label: { zh: path, en: path }, hint: null, type: 'text', unit: null, choices: [], required: false, hidden: false, derived: false, sensitive: false,
  min: null, max: null, value: text === '' ? null : text, text, words: [], judgement: null, problems: [], remarks: [], contested: false, ...more,
})
const verdict = (word: string, bound = '≤ 60') => ({ verdict: word, value: null, unit: 'dB(A)', bound, standard: 'GB 12348-2008', table: '', clause: '', confidence: 'high', reasonCode: null, limit: null, reason: null, doubt: null })
const rows = (id: string, all: { [row: string]: FormField[] }): FormItem & { item: 'rows' } => ({
  item: 'rows', id, label: { zh: id, en: id }, minRows: 0, hidden: false, problems: [], rows: Object.entries(all).map(([row, fields], i) => ({ id: row, n: i + 1, fields })),
})
const form = (sections: { id: string; items: FormItem[]; hidden?: boolean; errors?: number }[]) =>
  ({ sections: sections.map((s) => ({ label: { zh: s.id, en: s.id }, hidden: false, errors: 0, warnings: 0, remarks: 0, ...s })) }) as unknown as FormState

const noise = form([
  { id: 'visit', items: [{ item: 'field', field: field('place', '北门') }] },
  { id: 'winter', hidden: true, items: [{ item: 'field', field: field('ice') }] },
  { id: 'points', errors: 1, items: [rows('points', { a: [field('points/a/name')] })] },
])

test('a form opens at the first step that holds submitting up', () => expect(openAt(noise, undefined, undefined)?.id).toBe('points'))
test('the address overrules that, by step or by field', () => {
  expect(openAt(noise, 'visit', undefined)?.id).toBe('visit')
  expect(openAt(noise, 'at', 'place')?.id).toBe('visit')
})
test('a hidden step is never opened', () => expect(openAt(noise, 'winter', undefined)?.id).toBe('points'))
test('a field of a row that is not there yet leads to its group', () => expect(stepOf(noise, 'points/new/leq_db')?.id).toBe('points'))

test('a verdict is provisional between the two calibrations, and not otherwise', () => {
  const with_ = (before: string, after: string) => form([{ id: 'i', items: [{ item: 'field', field: field('cal_before_db', before) }, { item: 'field', field: field('cal_after_db', after) }] }])
  expect([calibrationPending(with_('93.8', '')), calibrationPending(with_('93.8', '93.9')), calibrationPending(with_('', '')), calibrationPending(noise)]).toEqual([true, false, false, false])
})

test('a row says its name, its figures and the gravest of its verdicts', () => {
  const row = { id: 'a', n: 1, fields: [field('p/a/name', '东厂界'), field('p/a/leq_db', '62.4', { type: 'decimal', judgement: verdict('compliant') }), field('p/a/v', '', { type: 'verdict', judgement: verdict('exceeds', '≤ 55') })] }
  const s = summary(row)
  expect([s.name, s.figures.map((f) => f.text), s.verdict, s.bound]).toEqual(['东厂界', ['62.4'], 'exceeds', '≤ 55 dB(A)'])
})

test('readings stand under their sample and beside their parameter', () => {
  const reading = (id: string, sample: string, parameter: string, value: string) =>
    [field(`readings/${id}/sample`, sample), field(`readings/${id}/parameter`, parameter, { words: [{ zh: parameter, en: parameter }] }), field(`readings/${id}/value`, value)]
  const item = rows('readings', { r1: reading('r1', 's1', 'COD', '26'), r2: reading('r2', 's2', 'COD', '11'), r3: reading('r3', 's1', 'pH', '7.4'), r4: reading('r4', '', 'TP', '0.1') })
  const state = form([{ id: 'x', items: [rows('samples', { s1: [field('samples/s1/sample_no', 'W1')], s2: [field('samples/s2/sample_no', 'W2')] }), item] }])
  const grid = gridOf(state, item)!
  expect(grid.samples.map((s) => s.name)).toEqual(['W1', 'W2', '—'])
  expect(grid.parameters.map((p) => [p.id, p.cells.map((c) => c?.value.text)])).toEqual([['COD', ['26', '11', undefined]], ['pH', ['7.4', undefined, undefined]], ['TP', [undefined, undefined, '0.1']]])
})
