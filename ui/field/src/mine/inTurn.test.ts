import { expect, test } from 'vitest'
import { inTurn } from './inTurn'

test('two changes made at once are both kept, also after one that failed', async () => {
  const kept = { metered: false, gateM: 10 }
  const save = (all: typeof kept) => (all.gateM < 0 ? Promise.reject(new Error('refused')) : Promise.resolve(Object.assign(kept, all)))
  const change = inTurn(() => Promise.resolve({ ...kept }), save)
  await expect(change({ gateM: -1 })).rejects.toThrow('refused')
  await Promise.all([change({ metered: true }), change({ gateM: 20 })])
  expect(kept).toEqual({ metered: true, gateM: 20 })
})
