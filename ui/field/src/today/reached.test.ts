import { expect, test } from 'vitest'
import { megabytes, reached } from './reached'

const card = {
  records: { all: 37, server: 22, relay: 9, device: 6 },
  photos: { all: 214, server: 141, relay: 38, device: 35 },
}

test('the remainders and what the server holds add up to everything', () => {
  const r = reached(card)
  expect(r.onlyHere.records + r.onlyRelay.records + r.server.records).toBe(r.all.records)
  expect(r.onlyHere.photos + r.onlyRelay.photos + r.server.photos).toBe(r.all.photos)
})

test('what the server holds has passed the relay on the drawn way', () => {
  expect(reached(card).relay).toEqual({ records: 31, photos: 179 })
})

test('a device with nothing on it has sent nothing, and does not claim to be done', () => {
  const none = { all: 0, server: 0, relay: 0, device: 0 }
  expect(reached({ records: none, photos: none })).toMatchObject({ shareServer: 0, done: false })
})

test('less than a megabyte is not said to be none', () => {
  expect([megabytes(1), megabytes(268_400_000)]).toEqual(['< 1', '268'])
})
