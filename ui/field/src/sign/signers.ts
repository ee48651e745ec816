// Who is to sign a record: its officers, recorder and party, and whether each has.
import type { FormItem, FormState } from '../api'
import { field } from '../form/steps'

export interface Signer {
  name: string
  role: string
  signed: boolean
}

type Rows = FormItem & { item: 'rows' }
const rows = (form: FormState, id: string) =>
  form.sections.flatMap((s) => s.items).find((i): i is Rows => i.item === 'rows' && i.id === id)?.rows ?? []
const text = (fields: { path: string; text: string }[], name: string) => fields.find((f) => f.path.endsWith(`/${name}`))?.text ?? ''

export function signers(form: FormState): Signer[] {
  const signed = rows(form, 'signatures').map((r) => `${text(r.fields, 'role')} ${text(r.fields, 'name')}`)
  const one = (role: string, name: string | undefined): Signer[] => (name ? [{ role, name, signed: signed.includes(`${role} ${name}`) }] : [])
  return [
    ...rows(form, 'officers').flatMap((r) => one('officer', text(r.fields, 'name'))),
    ...one('recorder', field(form, 'recorder')?.text),
    ...one('party', field(form, 'party_name')?.text),
  ]
}
