// Pictures of a screen at every width people have, for whoever wants to look: only when SHANXUN_PICTURES names a folder.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const folder = process.env.SHANXUN_PICTURES
const SIZES = [[360, 780], [412, 900], [800, 1200], [1280, 900]]

/** True where nothing reaches past the right edge of the window. */
export const FITS = 'return document.documentElement.scrollWidth <= innerWidth && document.body.scrollWidth <= innerWidth'

/** `{width, ok}` of every size; the window keeps the last. */
export async function look(window, name, sizes = SIZES) {
  const wide = []
  for (const [width, height] of sizes) {
    await window.resize(width, height)
    await window.until(`a window ${width} wide`, 'return Math.abs(innerWidth - arguments[0]) < 40', width)
    if (!(await window.run(FITS))) wide.push(width)
    if (!folder) continue
    mkdirSync(folder, { recursive: true })
    for (const theme of ['light', 'dark']) {
      await window.run('document.documentElement.dataset.theme = arguments[0]', theme)
      // Two frames: one to lay out, one to paint.
      await window.until('a painted frame', 'if (window.__f === undefined) { window.__f = 0; requestAnimationFrame(() => requestAnimationFrame(() => (window.__f = 1))) } if (window.__f) { delete window.__f; return true }')
      writeFileSync(join(folder, `${name}-${width}-${theme}.png`), await window.picture())
    }
    await window.run('document.documentElement.dataset.theme = "light"')
  }
  return wide
}
