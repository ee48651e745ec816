import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Refusal, type FormState, type Typed } from '../api'
import { PAUSE_MS, useForm } from './useForm'

/** A device that answers when told to, and keeps what it was sent. */
function device() {
  const sent: Typed[][] = []
  const answers: { done: (f: FormState) => void; fail: (e: unknown) => void }[] = []
  return {
    sent, answers,
    read: () => Promise.resolve(empty),
    save: (_: string, fields: Typed[]) => new Promise<FormState>((done, fail) => {
      sent.push(fields)
      answers.push({ done, fail })
    }),
    correct: () => Promise.resolve(empty),
  }
}
const empty = { rejected: [], locked: null, sections: [] } as unknown as FormState
const settled = () => vi.advanceTimersByTimeAsync(0)

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

test('a pause in typing saves once, with the last text', async () => {
  const d = device()
  const form = useForm('x', d)
  for (const text of ['5', '55', '55.9']) form.edit('points/a/background_db', text)
  await vi.advanceTimersByTimeAsync(PAUSE_MS)
  expect(d.sent).toEqual([[{ path: 'points/a/background_db', text: '55.9' }]])
})

test('the pause leaves room for the save within the 300 ms that may be lost', () => expect(PAUSE_MS).toBeLessThan(250))

test('what is typed while a save is under way is kept and saved after it', async () => {
  const d = device()
  const form = useForm('x', d)
  form.edit('wind_mps', '2')
  await vi.advanceTimersByTimeAsync(PAUSE_MS)
  form.edit('wind_mps', '2.1')
  d.answers[0]?.done(empty)
  await settled()
  expect(form.drafts.get('wind_mps')).toBe('2.1')
  await vi.advanceTimersByTimeAsync(PAUSE_MS)
  expect(d.sent[1]).toEqual([{ path: 'wind_mps', text: '2.1' }])
})

test('there is never more than one save under way', async () => {
  const d = device()
  const form = useForm('x', d)
  form.edit('a', '1')
  void form.flush()
  form.edit('b', '2')
  void form.flush()
  await settled()
  expect(d.sent).toHaveLength(1)
  d.answers[0]?.done(empty)
  await settled()
  expect(d.sent[1]).toEqual([{ path: 'b', text: '2' }])
})

test('a text the device cannot read stays in its input with the reason', async () => {
  const d = device()
  const form = useForm('x', d)
  form.edit('wind_mps', 'strong')
  void form.flush()
  await settled()
  const says = { zh: '不是数字', en: 'not a number' }
  d.answers[0]?.done({ ...empty, rejected: [{ path: 'wind_mps', code: 'type', says }] })
  await settled()
  expect([form.drafts.get('wind_mps'), form.rejected.get('wind_mps')]).toEqual(['strong', says])
})

test('a save that failed loses nothing and is tried again with what came since', async () => {
  const d = device()
  const form = useForm('x', d)
  form.edit('a', '1')
  void form.flush()
  d.answers[0]?.fail(new Refusal('io', { zh: '', en: '' }))
  await settled()
  expect([form.refusal.value?.code, form.dirty.value]).toEqual(['io', true])
  form.edit('b', '2')
  void form.flush()
  await settled()
  expect(d.sent[1]).toEqual([{ path: 'a', text: '1' }, { path: 'b', text: '2' }])
})

test('a correction is not saved as it is typed: it needs its reason', async () => {
  const d = device()
  const form = useForm('x', d)
  form.correcting.value = true
  form.edit('findings', 'other')
  await vi.advanceTimersByTimeAsync(10 * PAUSE_MS)
  expect(d.sent).toEqual([])
})
