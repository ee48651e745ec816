// Circles and ribbons of so many metres on the ground, for drawing only: areas and distances are the device's business.
const METRES_A_DEGREE = (Math.PI * 6_371_000) / 180
const CORNERS = 48

export type LonLat = [lon: number, lat: number]

/** A circle of so many metres round a place. */
export function around([lon, lat]: LonLat, radiusM: number): GeoJSON.Polygon {
  const ring = Array.from({ length: CORNERS }, (_, n): LonLat => {
    const angle = (2 * Math.PI * n) / CORNERS
    const east = (radiusM * Math.cos(angle)) / (METRES_A_DEGREE * Math.cos((lat * Math.PI) / 180))
    return [lon + east, lat + (radiusM * Math.sin(angle)) / METRES_A_DEGREE]
  })
  return { type: 'Polygon', coordinates: [[...ring, ring[0] as LonLat]] }
}

/** A walked line in pieces of one width, whole metres, each as wide as the worse fix at its ends. */
export function ribbon(points: { at: LonLat; accuracyM: number | null }[]): GeoJSON.FeatureCollection {
  const pieces: { m: number; line: LonLat[] }[] = []
  points.slice(1).forEach((to, n) => {
    const from = points[n] ?? to
    const m = Math.ceil(Math.max(from.accuracyM ?? 0, to.accuracyM ?? 0))
    const last = pieces.at(-1)
    if (last?.m === m) last.line.push(to.at)
    else pieces.push({ m, line: [from.at, to.at] })
  })
  const features = pieces.map(({ m, line }): GeoJSON.Feature => ({ type: 'Feature', properties: { m }, geometry: { type: 'LineString', coordinates: line } }))
  return { type: 'FeatureCollection', features }
}

/** The width of a line in pixels that is `m` metres to either side, at every zoom. */
export function groundWidth(lat: number): unknown {
  const pxAtZero = (2 * 512) / (2 * Math.PI * 6_378_137 * Math.cos((lat * Math.PI) / 180))
  return ['interpolate', ['exponential', 2], ['zoom'], 0, ['*', ['get', 'm'], pxAtZero], 24, ['*', ['get', 'm'], pxAtZero * 2 ** 24]]
}
