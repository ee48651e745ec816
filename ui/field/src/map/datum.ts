// Everything stored is WGS-84. Over a base map in GCJ-02 all of it is drawn shifted, and what is picked is shifted back.
import { shift } from '../api'
import type { LonLat } from './circle'

export interface Datum {
  /** From WGS-84 to the map's. */
  toMap: (points: LonLat[]) => Promise<LonLat[]>
  /** From the map's to WGS-84. */
  fromMap: (points: LonLat[]) => Promise<LonLat[]>
}

const same = (points: LonLat[]) => Promise.resolve(points)
export const datumOf = (datum: string | undefined): Datum =>
  datum === 'gcj02' ? { toMap: (p) => shift(p, 'wgs84', 'gcj02'), fromMap: (p) => shift(p, 'gcj02', 'wgs84') } : { toMap: same, fromMap: same }

type Nested = LonLat | Nested[]
const isPoint = (c: Nested): c is LonLat => typeof c[0] === 'number'
const flat = (c: Nested): LonLat[] => (isPoint(c) ? [c] : c.flatMap(flat))
const refill = (c: Nested, next: () => LonLat): Nested => (isPoint(c) ? next() : c.map((part) => refill(part, next)))

/** The same geometry with its coordinates moved. */
export async function moved<G extends { coordinates: unknown }>(geometry: G, move: Datum['toMap']): Promise<G> {
  const coordinates = geometry.coordinates as Nested
  const there = await move(flat(coordinates).map(([lon, lat]): LonLat => [lon, lat]))
  let n = 0
  return { ...geometry, coordinates: refill(coordinates, () => there[n++] as LonLat) }
}

type Drawn = Exclude<GeoJSON.Geometry, GeoJSON.GeometryCollection>
/** The geometries of any GeoJSON. */
export function shapes(json: GeoJSON.GeoJSON | null): Drawn[] {
  if (json === null) return []
  if (json.type === 'FeatureCollection') return json.features.flatMap(shapes)
  if (json.type === 'Feature') return shapes(json.geometry)
  return json.type === 'GeometryCollection' ? json.geometries.flatMap(shapes) : [json]
}
