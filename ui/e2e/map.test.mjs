// The map in the real window: sites, a base map from a file, places picked and drawn on it.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { application, makeHome } from './home.mjs'
import { look } from './looks.mjs'
import { openWindow } from './webdriver.mjs'

const has = (css) => `return document.querySelector('${css}') !== null`
const text = (css) => `return document.querySelector('${css}')?.innerText`
const drawn = 'return Number(document.querySelector(".box")?.dataset.drawn) > 0'
const ask = (window, command, args) => window.until(command, `
  window.__asked ??= window.__TAURI_INTERNALS__.invoke(arguments[0], arguments[1]).then((ok) => (window.__answer = { ok }), (no) => (window.__answer = { no }))
  if (!window.__answer) return null
  const answer = window.__answer; delete window.__answer; delete window.__asked; return answer`, command, args)

/** A small map in real tiles, made by GDAL: a checked picture laid over the valley. */
function makeTiles(folder) {
  const [picture, placed, tiles] = ['valley.png', 'valley.tif', 'valley.mbtiles'].map((name) => join(folder, name))
  execFileSync('gdal_create', ['-of', 'GTiff', '-outsize', '512', '512', '-bands', '3', '-burn', '40', '-burn', '150', '-burn', '220', '-a_srs', 'EPSG:4326', '-a_ullr', '117.0', '40.7', '117.3', '40.4', placed])
  execFileSync('gdal_translate', ['-q', '-of', 'MBTILES', placed, tiles])
  execFileSync('gdaladdo', ['-q', tiles, '2', '4', '8'])
  return { picture, tiles }
}

describe('the map of an inspector with sites in two valleys', () => {
  const home = makeHome()
  let window
  before(async () => {
    home.batch([
      ...Array.from({ length: 30 }, (_, n) => ({ new: 'site', kind: 'noise', set: { name: `测点 ${n}`, position: { type: 'Point', coordinates: [117.13 + n / 5000, 40.53] } } })),
      { new: 'site', kind: 'bare-land', set: { name: '令公村南拆迁裸地', position: { type: 'Point', coordinates: [116.9, 40.6] } } },
    ])
    window = await openWindow(application, home.env)
    await window.until('the app', has('nav.nav'))
    await window.run('location.hash = "#/map"')
  })
  after(async () => {
    await window?.close()
    home.remove()
  })

  test('is drawn without any base map, and every kind has its number', async () => {
    await window.until('the map', drawn)
    assert.match(await window.until('the kinds', text('.kinds')), /全部\s*31/)
    assert.deepEqual(await look(window, 'map-outline'), [])
  })

  test('a kind alone can be shown', async () => {
    await window.click('[data-test=kind-bare-land]')
    await window.until('the choice', 'return document.querySelector("[data-test=kind-bare-land]").getAttribute("aria-checked") === "true"')
    await window.run('document.querySelector(".kinds button").click()')
  })

  test('a base map from a file is read tile by tile, without a fault', async () => {
    const { tiles } = makeTiles(home.folder)
    const { ok, no } = await ask(window, 'import_map', { file: tiles })
    assert.equal(no, null ?? undefined, JSON.stringify(no))
    assert.equal(ok.format, 'mbtiles')
    await window.run('location.reload()')
    await window.until('the map again', drawn)
    await window.click('[data-test=base-maps]')
    await window.until('the file in the list', 'return /valley/.test(document.querySelector("[data-test=base-sheet]")?.innerText)')
    assert.deepEqual(await look(window, 'map-sheet'), [])
    await window.run('document.querySelectorAll("[data-test=base-sheet] input[type=radio]")[1].click()')
    await window.until('the sheet closes', 'document.querySelector("[data-test=base-sheet] .icon")?.click(); return document.querySelector("[data-test=base-sheet]") === null')
    await window.until('the tiles', drawn)
    assert.equal(await window.run('return document.querySelector(".box").dataset.fault ?? null'), null)
    assert.deepEqual(await look(window, 'map-base'), [])
  })
})
