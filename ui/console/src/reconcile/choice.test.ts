import { expect, test } from 'vitest'
import type { Dispute } from '../api'
import { combined, decisionOf } from './choice'

const rival = (op: string, value: string, same: string[] = []) => ({ op, value, same, words: [] })
const dispute = (path: string) => ({ path, rivals: [rival('1:2', 'a', ['4:1']), rival('3:1', 'b')] }) as unknown as Dispute

test('a decision names every write that was on the screen', () => {
  const decided = decisionOf(dispute('name'), { take: 1 }, 'asked')
  expect(decided).toEqual({ writes: [{ path: 'name', seen: ['1:2', '4:1', '3:1'], keep: '3:1' }], reason: 'asked' })
})

test('nothing is decided without a choice or without a reason', () => {
  expect(decisionOf(dispute('name'), null, 'asked')).toBe(null)
  expect(decisionOf(dispute('name'), { take: 0 }, '  ')).toBe(null)
  expect(decisionOf(dispute('name'), { value: ' ' }, 'asked')).toBe(null)
})

test('whether a record is deleted is decided by the word', () => {
  expect(decisionOf(dispute('lifecycle'), { take: 0 }, 'why')?.writes?.[0]).toMatchObject({ value: 'a' })
})

test('combined values all stand in the text', () => {
  expect(combined(['南侧', '北侧'])).toBe('南侧；北侧')
})
