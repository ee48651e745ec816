// MapLibre set up once: its worker comes from our own files, and a window without WebGL is noticed before a map is tried.
import workerUrl from 'maplibre-gl/dist/maplibre-gl-worker.mjs?worker&url'
import { Map as GlMap, ScaleControl, setWorkerUrl, type StyleSpecification } from 'maplibre-gl'
import 'maplibre-gl/dist/maplibre-gl.css'

export type { GlMap }
setWorkerUrl(workerUrl)

/** Whether this window can draw a map at all. */
export function canDraw(): boolean {
  const canvas = document.createElement('canvas')
  const gl = canvas.getContext('webgl2')
  gl?.getExtension('WEBGL_lose_context')?.loseContext()
  return gl !== null
}

/** The district when nothing else is known: Miyun. */
export const DISTRICT: [number, number, number, number] = [116.68, 40.22, 117.51, 40.79]

export function openMap(container: HTMLElement, style: StyleSpecification): GlMap {
  const map = new GlMap({
    container,
    style,
    bounds: DISTRICT,
    fitBoundsOptions: { padding: 24 },
    attributionControl: false,
    // North stays up: a boundary that turns under the finger is drawn wrong.
    dragRotate: false,
    pitchWithRotate: false,
    touchPitch: false,
    maxZoom: 20,
    fadeDuration: 0,
    localIdeographFontFamily: '"Noto Sans CJK SC", "Noto Sans SC", sans-serif',
  })
  map.touchZoomRotate.disableRotation()
  map.keyboard.disableRotation()
  map.addControl(new ScaleControl({ maxWidth: 96, unit: 'metric' }), 'bottom-left')
  return map
}
