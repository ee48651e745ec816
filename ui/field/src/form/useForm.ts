// A form being filled in. What is typed is saved after a short pause, one save at a time, and nothing typed is ever replaced
// by an older answer: the text in an input is the person's until the device has taken exactly that text.
import { computed, ref, shallowReactive, shallowRef, type Ref } from 'vue'
import { asRefusal, correct as sendCorrection, form as readForm, setFields, type FormField, type FormState, type Label, type Refusal, type Typed } from '../api'

/** How long a pause in typing is; together with the save well below the 300 ms that may be lost. */
export const PAUSE_MS = 180

export interface Device {
  read(id: string): Promise<FormState>
  save(id: string, fields: Typed[]): Promise<FormState>
  correct(id: string, fields: Typed[], reason: string): Promise<FormState>
}
const DEVICE: Device = { read: readForm, save: setFields, correct: sendCorrection }

export type Form = ReturnType<typeof useForm>

export function useForm(id: string, device: Device = DEVICE) {
  const state: Ref<FormState | null> = shallowRef(null)
  const refusal: Ref<Refusal | null> = shallowRef(null)
  /** What stands in an input and not yet on the disk. */
  const drafts = shallowReactive(new Map<string, string>())
  /** Texts the device could not read, and why. They stay in their input. */
  const rejected = shallowReactive(new Map<string, Label>())
  const correcting = ref(false)
  const unsaved = new Set<string>()
  const dirty = ref(false)
  let timer: ReturnType<typeof setTimeout> | undefined
  let saving: Promise<void> | null = null

  function take(next: FormState) {
    state.value = next
  }

  async function load() {
    refusal.value = null
    try {
      take(await device.read(id))
    } catch (cause) {
      refusal.value = asRefusal(cause)
    }
  }

  function edit(path: string, text: string) {
    drafts.set(path, text)
    rejected.delete(path)
    if (correcting.value) return
    unsaved.add(path)
    dirty.value = true
    clearTimeout(timer)
    timer = setTimeout(() => void flush(), PAUSE_MS)
  }

  /** For taps: there is no pause to wait for. */
  function choose(path: string, text: string) {
    edit(path, text)
    return correcting.value ? Promise.resolve() : flush()
  }

  /** Writes what was typed; resolves when it is on the disk, or when the device said why not. */
  async function flush(): Promise<void> {
    clearTimeout(timer)
    if (saving) {
      await saving
      return unsaved.size > 0 && !refusal.value ? flush() : undefined
    }
    if (unsaved.size === 0) return
    saving = save()
    await saving
  }

  async function save() {
    const sent = [...unsaved].map((path) => ({ path, text: drafts.get(path) ?? '' }))
    unsaved.clear()
    refusal.value = null
    try {
      const answer = await device.save(id, sent)
      take(answer)
      const bad = new Map(answer.rejected.map((r) => [r.path, r.says]))
      for (const { path, text } of sent) {
        const says = bad.get(path)
        if (drafts.get(path) !== text) continue // typed on meanwhile
        if (says) rejected.set(path, says)
        else drafts.delete(path)
      }
    } catch (cause) {
      refusal.value = asRefusal(cause)
      for (const { path } of sent) unsaved.add(path)
    } finally {
      saving = null
      dirty.value = unsaved.size > 0
      if (dirty.value && !refusal.value) timer = setTimeout(() => void flush(), PAUSE_MS)
    }
  }

  async function sendCorrections(reason: string) {
    const fields = [...drafts].map(([path, text]) => ({ path, text }))
    refusal.value = null
    try {
      take(await device.correct(id, fields, reason))
      stopCorrecting()
    } catch (cause) {
      refusal.value = asRefusal(cause)
    }
  }
  function stopCorrecting() {
    correcting.value = false
    drafts.clear()
    rejected.clear()
  }

  return {
    id, state, refusal, drafts, rejected, correcting, dirty, load, take, edit, choose, flush, sendCorrections, stopCorrecting,
    text: (field: FormField) => drafts.get(field.path) ?? field.text,
    readOnly: computed(() => state.value?.locked != null && !correcting.value),
  }
}
