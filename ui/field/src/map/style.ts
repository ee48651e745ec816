// What lies under everything: an imported base map, or the district's outline with a grid. Pure: data in, layers out.
import type { LayerSpecification, SourceSpecification, StyleSpecification } from 'maplibre-gl'
import type { BaseMap } from '../api/types'

export interface Paper {
  ground: string
  land: string
  edge: string
  line: string
  ink: string
  halo: string
  water: string
  wood: string
  road: string
  built: string
}
const LIGHT: Paper = {
  ground: '#e3e8e0', land: '#f7f9f5', edge: '#5c6a60', line: '#c6cfc4', ink: '#3b473f', halo: '#ffffff',
  water: '#a8cbe6', wood: '#d3e4cd', road: '#b9a77c', built: '#d8c6b8',
}
const DARK: Paper = {
  ground: '#0c110b', land: '#1a211a', edge: '#8fa093', line: '#334033', ink: '#c4cfc6', halo: '#10150f',
  water: '#274a66', wood: '#203323', road: '#7d7050', built: '#4b4038',
}
export const paper = (dark: boolean): Paper => (dark ? DARK : LIGHT)
export const FONT = ['Noto Sans CJK SC']

/** What a vector layer probably shows, by the names OpenMapTiles, Shortbread and Protomaps use. */
export function meaning(layer: string): 'water' | 'wood' | 'road' | 'built' | 'plain' {
  if (/water|ocean|river/i.test(layer)) return 'water'
  if (/wood|forest|park|landcover|landuse|land\b|sites/i.test(layer)) return 'wood'
  if (/road|street|transport|highway|rail|bridge/i.test(layer)) return 'road'
  return /build/i.test(layer) ? 'built' : 'plain'
}

function vectorLayers(map: BaseMap, p: Paper): LayerSpecification[] {
  const name = ['coalesce', ['get', 'name:zh'], ['get', 'name']] as unknown as string
  return map.layers.flatMap((layer): LayerSpecification[] => {
    const what = meaning(layer)
    const colour = what === 'plain' ? p.edge : p[what]
    const of = { source: 'base', 'source-layer': layer } as const
    const fills: LayerSpecification[] = what === 'road' ? [] : [
      { id: `fill ${layer}`, type: 'fill', ...of, filter: ['==', ['geometry-type'], 'Polygon'], paint: { 'fill-color': colour, 'fill-opacity': what === 'plain' ? 0.15 : 0.8 } },
    ]
    return [
      ...fills,
      { id: `line ${layer}`, type: 'line', ...of, filter: ['==', ['geometry-type'], 'LineString'], paint: { 'line-color': colour, 'line-width': what === 'road' ? 2 : 1.25 } },
      { id: `name ${layer}`, type: 'symbol', ...of, filter: ['has', 'name'], layout: { 'text-field': name, 'text-font': FONT, 'text-size': 13 }, paint: { 'text-color': p.ink, 'text-halo-color': p.halo, 'text-halo-width': 1.5 } },
    ]
  })
}

function baseSource(map: BaseMap, tiles: string): SourceSpecification {
  const common = { tiles: [tiles], minzoom: map.minZoom, maxzoom: map.maxZoom, bounds: map.bounds }
  return map.tiles === 'pbf' ? { type: 'vector', ...common } : { type: 'raster', tileSize: 256, ...common }
}

/** The district's land and edge under everything, the grid above, and between them the base map if there is one. */
export function styleOf(outline: unknown, base: BaseMap | null, tiles: string | null, dark: boolean): StyleSpecification {
  const p = paper(dark)
  const empty: GeoJSON.FeatureCollection = { type: 'FeatureCollection', features: [] }
  const drawn = base && tiles ? (base.tiles === 'pbf' ? vectorLayers(base, p) : [{ id: 'base', type: 'raster', source: 'base', paint: dark ? { 'raster-brightness-max': 0.75 } : {} } as LayerSpecification]) : []
  return {
    version: 8,
    sources: {
      outline: { type: 'geojson', data: (outline ?? empty) as GeoJSON.GeoJSON },
      grid: { type: 'geojson', data: empty },
      ...(base && tiles ? { base: baseSource(base, tiles) } : {}),
    },
    layers: [
      { id: 'ground', type: 'background', paint: { 'background-color': p.ground } },
      { id: 'land', type: 'fill', source: 'outline', paint: { 'fill-color': p.land } },
      ...drawn,
      { id: 'grid', type: 'line', source: 'grid', filter: ['==', ['geometry-type'], 'LineString'], paint: { 'line-color': base ? p.edge : p.line, 'line-width': 1, 'line-opacity': base ? 0.25 : 1 } },
      { id: 'edge', type: 'line', source: 'outline', paint: { 'line-color': p.edge, 'line-width': 1.5, 'line-dasharray': [4, 2] } },
      { id: 'grid-words', type: 'symbol', source: 'grid', filter: ['==', ['geometry-type'], 'Point'], layout: { 'text-field': ['get', 'text'], 'text-font': FONT, 'text-size': 12, 'text-anchor': ['get', 'anchor'], 'text-allow-overlap': true }, paint: { 'text-color': p.ink, 'text-halo-color': p.halo, 'text-halo-width': 1.5 } },
    ],
  }
}
