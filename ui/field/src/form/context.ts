// The form that the fields on the screen belong to.
import { inject, type InjectionKey } from 'vue'
import type { Form } from './useForm'

export const FORM: InjectionKey<Form> = Symbol('form')
export function theForm(): Form {
  const form = inject(FORM)
  if (!form) throw new Error('a field is drawn outside a form')
  return form
}
