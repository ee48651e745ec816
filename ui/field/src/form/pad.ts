// The number pad types into the input that has the focus, where its caret is, as a keyboard would.
import { shallowRef } from 'vue'
import { typed } from './typing'

export interface PadFor {
  input: HTMLInputElement
  label: string
  unit: string | null
  whole: boolean
  signed: boolean
}

export const pad = shallowRef<PadFor | null>(null)
export const openPad = (input: HTMLInputElement, about: Omit<PadFor, 'input'>) => void (pad.value = { input, ...about })
export function closePad(input?: HTMLInputElement) {
  if (!input || pad.value?.input === input) pad.value = null
}

export function press(key: string) {
  const input = pad.value?.input
  if (!input) return
  const { text, caret } = typed(input.value, input.selectionStart ?? input.value.length, input.selectionEnd ?? input.value.length, key)
  input.value = text
  input.setSelectionRange(caret, caret)
  input.dispatchEvent(new Event('input', { bubbles: true }))
}

/** The next or previous number of the page. */
export function neighbour(step: 1 | -1): HTMLInputElement | undefined {
  const all = [...document.querySelectorAll<HTMLInputElement>('input[data-pad]')]
  return pad.value ? all[all.indexOf(pad.value.input) + step] : undefined
}
