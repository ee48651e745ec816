import { expect, test } from 'vitest'
import { light } from './custody'

test('a record that was never sent lights the square only', () => {
  expect(light('device')).toEqual({ relay: 'none', server: 'none', toRelay: false, toServer: false, words: 'custody.device' })
})

test('a relay holds it: the way there is solid, the way on is dashed', () => {
  expect(light('relay')).toEqual({ relay: 'held', server: 'none', toRelay: true, toServer: false, words: 'custody.relay' })
})

test('the server holds it: a line leads straight to the circle', () => {
  expect(light('server')).toEqual({ relay: 'passed', server: 'held', toRelay: true, toServer: true, words: 'custody.server' })
})
