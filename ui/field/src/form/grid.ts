// Readings of several samples as a table: parameters down, samples across. For a group whose rows name a sample and a parameter.
import type { FormField, FormItem, FormRow, FormState, Judgement, Label } from '../api'

export interface Cell {
  row: string
  value: FormField
  below: boolean
  judgement: Judgement | null
}
export interface Grid {
  samples: { id: string; name: string; place: Label | null; at: string }[]
  parameters: { id: string; label: Label; cells: (Cell | null)[] }[]
}

type Rows = FormItem & { item: 'rows' }
const part = (row: FormRow, name: string) => row.fields.find((f) => f.path.endsWith(`/${name}`))

export function gridOf(form: FormState, item: Rows): Grid | null {
  const first = item.rows[0]
  const sampleRows = form.sections.flatMap((s) => s.items).find((i): i is Rows => i.item === 'rows' && i.id === 'samples')
  if (!first || !sampleRows || !part(first, 'sample') || !part(first, 'parameter') || !part(first, 'value')) return null
  const samples = sampleRows.rows.map((r) => ({ id: r.id, name: part(r, 'sample_no')?.text || String(r.n), place: part(r, 'place')?.words[0] ?? null, at: part(r, 'at')?.text ?? '' }))
  // A reading that names no sample still has its column.
  if (item.rows.some((r) => !samples.some((s) => s.id === part(r, 'sample')?.text))) samples.push({ id: '', name: '—', place: null, at: '' })
  const parameters = new Map<string, Grid['parameters'][number]>()
  for (const row of item.rows) {
    const [parameter, value] = [part(row, 'parameter')!, part(row, 'value')!]
    const line = parameters.get(parameter.text) ?? { id: parameter.text, label: parameter.words[0] ?? { zh: '—', en: '—' }, cells: samples.map(() => null) }
    const at = samples.findIndex((s) => s.id === part(row, 'sample')?.text)
    line.cells[at === -1 ? samples.length - 1 : at] = { row: row.id, value, below: part(row, 'below_lod')?.text === 'true', judgement: value.judgement }
    parameters.set(parameter.text, line)
  }
  return { samples, parameters: [...parameters.values()] }
}
