// The symbols of sites: the icon of the kind on its colour, and a small mark whose shape and colour tell the state.
import { IconBuildingFactory2, IconFileText, IconRipple, IconShovel, IconVolume } from '@tabler/icons-vue'
import { h, render } from 'vue'
import { look, type Tone } from '../parts/state'

const KINDS: { readonly [kind: string]: readonly [typeof IconShovel, string] } = {
  'bare-land': [IconShovel, '#8a5a12'],
  voc: [IconBuildingFactory2, '#5f4b9b'],
  noise: [IconVolume, '#b4471c'],
  outfall: [IconRipple, '#1a659c'],
  other: [IconFileText, '#3b473f'],
}
const TONES: { readonly [tone in Tone]: string } = { ok: '#1e6b4f', doubt: '#8a5200', fault: '#b3261e', plain: '#3b473f' }
/** A tick, a bar, a cross, a dot: told apart without colours. */
const MARKS: { readonly [tone in Tone]: string } = { ok: 'M-3 0 -1 2.5 3.5 -2.5', doubt: 'M0 -3.5V.5M0 3.2V3.4', fault: 'M-2.5-2.5 2.5 2.5M2.5-2.5-2.5 2.5', plain: 'M-.2 0H.2' }
const RATIO = 2
const SIZE = 40

/** The picture's name; a kind nobody here knows gets the plain one. */
export const symbolOf = (kind: string, state: string): string => `site ${kind in KINDS ? kind : 'other'} ${look(state).tone}`

/** The lines of an icon, from the very component the lists show. */
function lines(icon: typeof IconShovel): string[] {
  const box = document.createElement('div')
  render(h(icon), box)
  const found = [...box.querySelectorAll('path')].map((p) => p.getAttribute('d') ?? '')
  render(null, box)
  return found
}

function draw(icon: string[], colour: string, tone: Tone): ImageData {
  const canvas = document.createElement('canvas')
  canvas.width = canvas.height = SIZE * RATIO
  const pen = canvas.getContext('2d')
  if (!pen) throw new Error('a canvas has a pen')
  const disc = (x: number, y: number, r: number, fill: string) => {
    pen.beginPath()
    pen.arc(x, y, r, 0, 2 * Math.PI)
    pen.fillStyle = fill
    pen.fill()
  }
  pen.scale(RATIO, RATIO)
  pen.lineCap = pen.lineJoin = 'round'
  disc(18, 20, 17, '#ffffff')
  disc(18, 20, 15.5, colour)
  pen.save()
  pen.translate(7.5, 9.5)
  pen.scale(0.875, 0.875)
  pen.strokeStyle = '#ffffff'
  pen.lineWidth = 2
  for (const d of icon) pen.stroke(new Path2D(d))
  pen.restore()
  disc(32, 8, 8, '#ffffff')
  disc(32, 8, 6.75, TONES[tone])
  pen.translate(32, 8)
  pen.strokeStyle = '#ffffff'
  pen.lineWidth = tone === 'plain' ? 4 : 2
  pen.stroke(new Path2D(MARKS[tone]))
  return pen.getImageData(0, 0, SIZE * RATIO, SIZE * RATIO)
}

/** Every picture a site may need, by name. */
export function symbols(): [name: string, image: ImageData, ratio: number][] {
  return Object.entries(KINDS).flatMap(([kind, [icon, colour]]) => {
    const d = lines(icon)
    return (Object.keys(TONES) as Tone[]).map((tone): [string, ImageData, number] => [`site ${kind} ${tone}`, draw(d, colour, tone), RATIO])
  })
}
