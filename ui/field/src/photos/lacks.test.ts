import { expect, test } from 'vitest'
import type { PhotoInfo } from '../api/types'
import { ghostOf, lacks, shortHash, turn } from './lacks'

const photo = (more: Partial<PhotoInfo>) => ({ lat: null, lon: null, proves: null, takenAt: null, stage: null, ...more }) as PhotoInfo

test('a photo without a position or a purpose says so', () => {
  expect(lacks(photo({}))).toEqual(['position', 'proves'])
  expect(lacks(photo({ lat: 40.5, lon: 117.1, proves: '绿网已覆盖' }))).toEqual([])
  expect(lacks(photo({ lat: 0, lon: 0, proves: '  ' }))).toEqual(['proves'])
})

test('the ghost is the latest photo of before the treatment', () => {
  const photos = [
    photo({ id: 'a', takenAt: '2026-09-01T08:00:00Z', stage: 'before' }),
    photo({ id: 'b', takenAt: '2026-09-18T08:00:00Z', stage: 'before' }),
    photo({ id: 'c', takenAt: '2026-11-01T08:00:00Z', stage: 'during' }),
  ]
  expect(ghostOf(photos)?.id).toBe('b')
  expect(ghostOf(photos.slice(2))?.id).toBe('c')
  expect(ghostOf([])).toBeNull()
})

test('the shorter way round is told', () => {
  expect(turn(312, 310)).toBe(-2)
  expect(turn(350, 10)).toBe(20)
  expect(turn(10, 350)).toBe(-20)
})

test('a fingerprint is short enough to compare by eye', () => {
  expect(shortHash('3f9ac21e77')).toBe('3f9a–c21e')
})
