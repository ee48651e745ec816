import { expect, test } from 'vitest'
import { written } from './remarks'

test('only remarks that say something are sent, without the blanks round them', () => {
  const drafts = [{ path: 'findings', label: 'x', text: '  ', must: true }, { path: 'place', label: 'y', text: ' 写清楚 ', must: false }]
  expect(written(drafts)).toEqual([{ path: 'place', text: '写清楚', must: false }])
})
