// A form's steps: its visible sections. Pure, so that the way through a form can be tested without a screen.
import type { FormField, FormItem, FormSection, FormState } from '../api'

export const steps = (form: FormState): FormSection[] => form.sections.filter((s) => !s.hidden)

/** The fields of an item, those of its rows and checklists included. */
export function fieldsOf(item: FormItem): FormField[] {
  switch (item.item) {
    case 'field': return [item.field]
    case 'group': return item.fields
    case 'rows': return item.rows.flatMap((row) => row.fields)
    case 'checklist': return item.parts.flatMap((p) => p.items.flatMap((i) => (i.note ? [i.answer, i.note] : [i.answer])))
    case 'photos': return []
  }
}

const ids = (item: FormItem) => (item.item === 'field' ? [] : [item.id])

/** Which step holds a path: that of a field, of a group, or of a field within a group that is not there yet. */
export function stepOf(form: FormState, path: string): FormSection | undefined {
  const all = steps(form)
  return all.find((s) => s.items.some((i) => fieldsOf(i).some((f) => f.path === path)))
    ?? all.find((s) => s.id === path || s.items.some((i) => ids(i).some((id) => path === id || path.startsWith(`${id}/`))))
}

/** The step a form opens at: where the address says, else the first that holds submitting up, else the first. */
export function openAt(form: FormState, step: string | undefined, path: string | undefined): FormSection | undefined {
  const all = steps(form)
  return (path ? stepOf(form, path) : all.find((s) => s.id === step)) ?? all.find((s) => s.errors > 0) ?? all[0]
}

export const field = (form: FormState, path: string): FormField | undefined =>
  form.sections.flatMap((s) => s.items.flatMap(fieldsOf)).find((f) => f.path === path)

/** A verdict before the meter was calibrated again may still become void. */
export function calibrationPending(form: FormState): boolean {
  const [before, after] = [field(form, 'cal_before_db'), field(form, 'cal_after_db')]
  return before !== undefined && after !== undefined && before.text !== '' && after.text === ''
}
