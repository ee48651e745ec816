import { expect, test } from 'vitest'
import { extend, image, type Stroke } from './strokes'

const line = (n: number): Stroke => Array.from({ length: n }, (_, i) => [i * 3, 50] as const)

test('a trembling hand adds no points', () => expect(extend([[10, 10]], [10.5, 10.5])).toEqual([[10, 10]]))
test('a single touch is no signature', () => expect(image([[[5, 5]]])).toBeNull())
test('a signature is a picture of lines and nothing else', () => {
  const svg = atob(image([line(20)])!.replace('data:image/svg+xml;base64,', ''))
  expect(svg).toMatch(/^<svg [^>]*><path [^>]*d="M0 50L3 50[^"]*"\/><\/svg>$/)
})
test('scribbling without end is refused rather than cut off', () => expect(image([line(20_000)])).toBeNull())
