import { expect, test } from 'vitest'
import { look, verdictTone } from './state'

test('red is for what was returned, green for what is settled', () => {
  expect(look('returned').tone).toBe('fault')
  for (const settled of ['cleared', 'in-order', 'regulated', 'closed', 'approved']) expect(look(settled).tone).toBe('ok')
})

test('a state of a newer form is shown plainly, not guessed at', () => {
  expect(look('sealed')).toEqual({ tone: 'plain', icon: 'dot' })
})

test('a verdict nobody knows is doubtful', () => {
  expect(verdictTone('exceeds')).toBe('fault')
  expect(verdictTone('compliant')).toBe('ok')
  expect(verdictTone('brand-new')).toBe('doubt')
})
