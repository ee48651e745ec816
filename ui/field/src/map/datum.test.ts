import { expect, test } from 'vitest'
import { moved } from './datum'

test('a geometry keeps its shape when its coordinates are moved', async () => {
  const east = (points: [number, number][]) => Promise.resolve(points.map(([lon, lat]): [number, number] => [lon + 1, lat]))
  const ring = { type: 'Polygon', coordinates: [[[0, 0], [1, 0], [1, 1], [0, 0]]] }
  expect(await moved(ring, east)).toEqual({ type: 'Polygon', coordinates: [[[1, 0], [2, 0], [2, 1], [1, 0]]] })
  expect(await moved({ type: 'Point', coordinates: [117, 40] }, east)).toEqual({ type: 'Point', coordinates: [118, 40] })
})
