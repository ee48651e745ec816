// The layers of our own things over the base: sites in clusters, where I am, a shape. Added again after each new style.
import type { ExpressionSpecification, FilterSpecification, GeoJSONSource } from 'maplibre-gl'
import type { MapSite } from '../api/types'
import { around, type LonLat } from './circle'
import type { GlMap } from './engine'
import { FONT } from './style'
import { symbolOf } from './symbols'

const NOTHING: GeoJSON.FeatureCollection = { type: 'FeatureCollection', features: [] }

export function features(sites: MapSite[], at: LonLat[]): GeoJSON.FeatureCollection {
  const drawn = sites.map((site, n): GeoJSON.Feature => ({
    type: 'Feature',
    properties: { id: site.id, title: site.title, kind: site.kind, symbol: symbolOf(site.kind, site.state) },
    geometry: { type: 'Point', coordinates: at[n] as LonLat },
  }))
  return { type: 'FeatureCollection', features: drawn }
}

/** Sites: single ones as symbols with their names, many together as a figure. */
export function addSites(map: GlMap, data: GeoJSON.FeatureCollection, dark: boolean) {
  if (map.getSource('sites')) return setData(map, 'sites', data)
  const many: FilterSpecification = ['has', 'point_count']
  const one: FilterSpecification = ['!', ['has', 'point_count']]
  const ink = dark ? '#eef3ec' : '#16201a'
  const paper = dark ? '#1a211a' : '#ffffff'
  map.addSource('sites', { type: 'geojson', data, cluster: true, clusterRadius: 44, clusterMaxZoom: 15 })
  const radius: ExpressionSpecification = ['step', ['get', 'point_count'], 18, 100, 22, 1000, 26]
  map.addLayer({ id: 'clusters', type: 'circle', source: 'sites', filter: many, paint: { 'circle-radius': radius, 'circle-color': paper, 'circle-stroke-color': ink, 'circle-stroke-width': 2 } })
  map.addLayer({ id: 'cluster-words', type: 'symbol', source: 'sites', filter: many, layout: { 'text-field': ['to-string', ['get', 'point_count']], 'text-font': FONT, 'text-size': 15, 'text-allow-overlap': true }, paint: { 'text-color': ink } })
  map.addLayer({
    id: 'sites', type: 'symbol', source: 'sites', filter: one,
    layout: {
      'icon-image': ['get', 'symbol'], 'icon-allow-overlap': true, 'text-field': ['get', 'title'], 'text-font': FONT, 'text-size': 14,
      'text-anchor': 'top', 'text-offset': [0, 1.4], 'text-optional': true, 'text-max-width': 9,
    },
    paint: { 'text-color': ink, 'text-halo-color': paper, 'text-halo-width': 1.5 },
  })
}

/** Where I am, with the circle of the fix's accuracy. */
export function showMe(map: GlMap, at: LonLat | null, accuracyM: number | null, dark: boolean) {
  const blue = dark ? '#79b9ea' : '#1a659c'
  const circle: GeoJSON.Feature[] = at && accuracyM !== null ? [{ type: 'Feature', properties: {}, geometry: around(at, accuracyM) }] : []
  const point: GeoJSON.Feature[] = at ? [{ type: 'Feature', properties: {}, geometry: { type: 'Point', coordinates: at } }] : []
  setData(map, 'me', { type: 'FeatureCollection', features: [...circle, ...point] }, () => {
    map.addLayer({ id: 'me-circle', type: 'fill', source: 'me', filter: ['==', ['geometry-type'], 'Polygon'], paint: { 'fill-color': blue, 'fill-opacity': 0.2, 'fill-outline-color': blue } })
    map.addLayer({ id: 'me', type: 'circle', source: 'me', filter: ['==', ['geometry-type'], 'Point'], paint: { 'circle-radius': 8, 'circle-color': blue, 'circle-stroke-color': '#ffffff', 'circle-stroke-width': 3 } })
  })
}

/** A shape of a record: a plot's boundary, a track, a point. */
export function showShape(map: GlMap, shapes: GeoJSON.Geometry[], colour: string) {
  const list = shapes.map((geometry): GeoJSON.Feature => ({ type: 'Feature', properties: {}, geometry }))
  setData(map, 'shape', { type: 'FeatureCollection', features: list }, () => {
    map.addLayer({ id: 'shape-fill', type: 'fill', source: 'shape', filter: ['==', ['geometry-type'], 'Polygon'], paint: { 'fill-color': colour, 'fill-opacity': 0.2 } })
    map.addLayer({ id: 'shape-line', type: 'line', source: 'shape', layout: { 'line-join': 'round' }, paint: { 'line-color': colour, 'line-width': 3 } })
    map.addLayer({ id: 'shape-point', type: 'circle', source: 'shape', filter: ['==', ['geometry-type'], 'Point'], paint: { 'circle-radius': 8, 'circle-color': colour, 'circle-stroke-color': '#ffffff', 'circle-stroke-width': 2.5 } })
  })
}

/** New data for a source; the first time the source is made and `first` adds its layers. */
export function setData(map: GlMap, source: string, data: GeoJSON.FeatureCollection = NOTHING, first?: () => void) {
  const there = map.getSource<GeoJSONSource>(source)
  if (there) return void there.setData(data)
  map.addSource(source, { type: 'geojson', data })
  first?.()
}
