// Photos in the real window: real photographs with EXIF, several at once, one without a place.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { copyFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { application, makeHome } from './home.mjs'
import { look } from './looks.mjs'
import { openWindow } from './webdriver.mjs'

const has = (css) => `return document.querySelector('${css}') !== null`
const text = (css) => `return document.querySelector('${css}')?.innerText`
const NATURE = '/usr/share/backgrounds/mate/nature'

function photograph(folder, name, ...exif) {
  const file = join(folder, name)
  copyFileSync(join(NATURE, name), file)
  if (exif.length > 0) execFileSync('exiftool', ['-q', '-overwrite_original', ...exif, file])
  return file
}

describe('a plot that is photographed', () => {
  const home = makeHome()
  let visit, window
  before(async () => {
    const site = home.site('bare-land', '令公村南拆迁裸地', { town: '110118101' })
    visit = home.cli('new', 'inspection', 'bare-land', '--site', site).id
    window = await openWindow(application, home.env)
    await window.until('the app', has('nav.nav'))
    await window.run('location.hash = `#/form/${arguments[0]}/at/photos`', visit)
  })
  after(async () => {
    await window?.close()
    home.remove()
  })
  const tiles = (n) => window.until(`${n} photos`, 'return document.querySelectorAll("[data-test=photo]").length === arguments[0]', n)

  test('takes two photos at once; the one without a place says so', async () => {
    const placed = photograph(home.folder, 'GreenMeadow.jpg', '-GPSLatitude=40.53025', '-GPSLatitudeRef=N', '-GPSLongitude=117.1304', '-GPSLongitudeRef=E', '-DateTimeOriginal=2026:11:20 14:25:52')
    const bare = photograph(home.folder, 'Storm.jpg')
    await window.until('the photos of the form', has('[data-test=photos]'))
    assert.deepEqual(await look(window, 'photos-empty'), [])
    await window.upload('[data-test=photo-file]', placed, bare)
    await tiles(2)
    assert.equal(await window.run('return document.querySelectorAll("[data-test=no-position]").length'), 1)
    await window.until('both thumbnails', 'return [...document.querySelectorAll("[data-test=photo] img")].filter((i) => i.naturalWidth > 0).length === 2')
    assert.deepEqual(await look(window, 'photos'), [])
  })

  test('a photo that is there already is not added twice', async () => {
    await window.upload('[data-test=photo-file]', join(home.folder, 'Storm.jpg'))
    assert.match(await window.until('the word', text('[data-test=known]')), /1 张/)
    await tiles(2)
  })

  test('the viewer shows the picture, its stamped copy and where it came from', async () => {
    await window.click('li:nth-child(1) [data-test=photo]')
    await window.until('the picture', 'return [...document.querySelectorAll(".van-image-preview img")].some((i) => i.naturalWidth > 0)')
    assert.match(await window.until('the hash', text('[data-test=hash]')), /^[0-9a-f]{4}–[0-9a-f]{4}$/)
    assert.deepEqual(await look(window, 'viewer'), [])
    await window.click('[data-test=copy-stamped]')
    await window.until('the stamped copy', 'return [...document.querySelectorAll(".van-image-preview img")].some((i) => i.src.endsWith("stamped") && i.naturalWidth > 0)')
    await look(window, 'viewer-stamped', [[412, 900]])
    await window.click('[data-test=viewer-close]')
  })

  test('what it proves is saved with it', async () => {
    await window.click('li:nth-child(1) [data-test=photo]')
    await window.until('the field', has('[data-test=proves]'))
    await window.type('[data-test=proves]', '整治后全貌')
    await window.run('document.querySelector("[data-test=proves]").blur()')
    await window.click('[data-test=viewer-close]')
    await window.until('the words under the picture', 'return /整治后全貌/.test(document.querySelector("[data-test=photos]").innerText)')
  })

  test('a window without a camera offers the system’s', async () => {
    await window.click('[data-test=camera]')
    await window.until('the camera or the way round it', has('[data-test=camera-view]'))
    await look(window, 'camera')
    await window.click('[data-test=camera-close]')
  })
})
