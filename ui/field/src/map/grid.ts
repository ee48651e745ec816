// The lines of latitude and longitude in view, so that a map without a base map can still be read and told over the radio.
export type Bounds = [west: number, south: number, east: number, north: number]

/** Steps people can count in, degrees: minutes and seconds as well as tenths would mix two systems. */
const STEPS_DEG = [0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10]
/** Lines across one view; more is a mesh, fewer gives nothing to read off. */
const LINES_MAX = 5

export const step = (spanDeg: number): number => STEPS_DEG.find((s) => spanDeg / s <= LINES_MAX + 1e-6) ?? 20

export function ticks(from: number, to: number, by: number): number[] {
  const first = Math.ceil(from / by - 1e-9)
  const last = Math.floor(to / by + 1e-9)
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, n) => Number(((first + n) * by).toFixed(6)))
}

const decimals = (by: number) => Math.max(1, -Math.floor(Math.log10(by) + 1e-9))

/** Lines, and their figures at the west and the south edge. */
export function grid([west, south, east, north]: Bounds): GeoJSON.FeatureCollection {
  const by = step(Math.max(east - west, north - south))
  const digits = decimals(by)
  const line = (a: [number, number], b: [number, number]): GeoJSON.Feature => ({ type: 'Feature', properties: {}, geometry: { type: 'LineString', coordinates: [a, b] } })
  const words = (at: [number, number], text: string, anchor: string): GeoJSON.Feature => ({ type: 'Feature', properties: { text, anchor }, geometry: { type: 'Point', coordinates: at } })
  const features = [
    ...ticks(west, east, by).flatMap((lon) => [line([lon, south], [lon, north]), words([lon, south], `${lon.toFixed(digits)}°E`, 'bottom')]),
    ...ticks(south, north, by).flatMap((lat) => [line([west, lat], [east, lat]), words([west, lat], `${lat.toFixed(digits)}°N`, 'left')]),
  ]
  return { type: 'FeatureCollection', features }
}
