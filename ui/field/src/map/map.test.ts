import { expect, test } from 'vitest'
import type { BaseMap } from '../api/types'
import { around, ribbon } from './circle'
import { grid, step, ticks } from './grid'
import { meaning, styleOf } from './style'
import { symbolOf } from './symbols'

test('the grid has at most five lines across, in steps people count in', () => {
  expect(step(0.83)).toBe(0.2)
  expect(step(0.01)).toBe(0.002)
  expect(ticks(116.68, 117.51, 0.2)).toEqual([116.8, 117, 117.2, 117.4])
})

test('every line of the grid carries its figure with as many digits as its step needs', () => {
  const words = grid([117.1, 40.52, 117.11, 40.53]).features.map((f) => f.properties?.text).filter(Boolean)
  expect(words).toContain('117.102°E')
  expect(words).toContain('40.530°N')
})

const base: BaseMap = {
  id: 'valley.pmtiles', name: 'Valley', format: 'pmtiles', tiles: 'png', bounds: [117, 40, 118, 41], minZoom: 8, maxZoom: 14, datum: 'wgs84', sizeBytes: 1, layers: [], attribution: null,
}

test('without a base map the outline is the map', () => {
  const style = styleOf({ type: 'FeatureCollection', features: [] }, null, null, false)
  expect(style.sources.base).toBeUndefined()
  expect(style.layers.map((l) => l.id)).toEqual(['ground', 'land', 'grid', 'edge', 'grid-words'])
})

test('pictures are one layer, vectors are drawn by what their layers are called', () => {
  expect(styleOf(null, base, 'tiles://localhost/valley/{z}/{x}/{y}', false).layers.some((l) => l.id === 'base')).toBe(true)
  const vector = styleOf(null, { ...base, tiles: 'pbf', layers: ['transportation', 'waterway'] }, 't', true)
  expect(vector.sources.base).toMatchObject({ type: 'vector', maxzoom: 14 })
  expect(vector.layers.map((l) => l.id)).toContain('line transportation')
  expect([meaning('water_polygons'), meaning('transportation'), meaning('building'), meaning('poi')]).toEqual(['water', 'road', 'built', 'plain'])
})

test('no style names a host: nothing is fetched from a network', () => {
  const style = JSON.stringify(styleOf(null, base, 'tiles://localhost/valley/{z}/{x}/{y}', false))
  expect(style).not.toMatch(/https?:/)
})

test('a circle of uncertainty is as wide as it says', () => {
  const ring = around([117.13, 40.53], 10).coordinates[0] ?? []
  const [east] = ring[0] as [number, number]
  expect(((east - 117.13) * Math.PI * 6_371_000 * Math.cos((40.53 * Math.PI) / 180)) / 180).toBeCloseTo(10, 1)
  expect(ring[0]).toEqual(ring.at(-1))
})

test('the ribbon is as wide as the worse of two fixes, in one piece while that stays', () => {
  const pieces = ribbon([{ at: [0, 0], accuracyM: 2.6 }, { at: [0, 1], accuracyM: 3 }, { at: [1, 1], accuracyM: 6.8 }, { at: [2, 1], accuracyM: null }]).features
  expect(pieces.map((f) => [f.properties?.m, (f.geometry as GeoJSON.LineString).coordinates.length])).toEqual([[3, 2], [7, 3]])
})

test('a site is drawn by its kind, marked by the tone of its state', () => {
  expect(symbolOf('voc', 'rectifying')).toBe('site voc doubt')
  expect(symbolOf('catering', 'sealed')).toBe('site other plain')
})
