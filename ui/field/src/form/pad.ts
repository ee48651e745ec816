// The number pad types into the input that has the focus, where its caret is, as a keyboard would.
import { shallowRef } from 'vue'

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

/** `55.|` + `9`; a second point and a point before any digit are mended, not refused. */
export function typed(text: string, start: number, end: number, key: string): { text: string; caret: number } {
  if (key === 'erase') {
    const from = start === end ? Math.max(0, start - 1) : start
    return { text: text.slice(0, from) + text.slice(end), caret: from }
  }
  if (key === '-') return text.startsWith('-') ? { text: text.slice(1), caret: Math.max(0, end - 1) } : { text: `-${text}`, caret: end + 1 }
  if (key === '.' && (text.slice(0, start) + text.slice(end)).includes('.')) return { text, caret: end }
  const what = key === '.' && start === 0 ? '0.' : key
  return { text: text.slice(0, start) + what + text.slice(end), caret: start + what.length }
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
