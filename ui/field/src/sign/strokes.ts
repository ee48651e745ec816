// A signature as lines: small enough for a record, sharp at any size, drawn by a finger, a glove or a pen.
export type Point = readonly [x: number, y: number]
export type Stroke = readonly Point[]

/** Of the drawing area, whatever its size on the screen. */
export const WIDTH = 600
export const HEIGHT = 240
/** Points nearer than this to the last one add bytes and nothing to see. */
const STEP = 2
/** The address may have 48 KiB as base64. */
const BYTES_MAX = 36_000

export function extend(stroke: Stroke, point: Point): Stroke {
  const last = stroke.at(-1)
  return last && Math.hypot(point[0] - last[0], point[1] - last[1]) < STEP ? stroke : [...stroke, point]
}

export const path = (stroke: Stroke): string => {
  const [first, ...rest] = stroke
  if (!first) return ''
  const at = ([x, y]: Point) => `${Math.round(x)} ${Math.round(y)}`
  // A dot is a line of no length; a round cap makes it visible.
  return `M${at(first)}L${(rest.length > 0 ? rest : [first]).map(at).join('L')}`
}

/** A drawing as a data address; null if nothing was drawn that could be a signature, or too much for a record. */
export function image(strokes: readonly Stroke[]): string | null {
  if (strokes.reduce((n, s) => n + s.length, 0) < 8) return null
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}"><path fill="none" stroke="#111" stroke-width="4" stroke-linecap="round" stroke-linejoin="round" d="${strokes.map(path).join('')}"/></svg>`
  return svg.length > BYTES_MAX ? null : `data:image/svg+xml;base64,${btoa(svg)}`
}
