// Positions from a real gpsd: the field of a form, and a walk round a plot of known size.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { application, makeHome } from './home.mjs'
import { look } from './looks.mjs'
import { square, startReceiver } from './receiver.mjs'
import { openWindow } from './webdriver.mjs'

const text = (css) => `return document.querySelector('${css}')?.innerText`
const has = (css) => `return document.querySelector('${css}') !== null`

describe('a plot of 60 by 60 metres that is walked round', () => {
  const home = makeHome()
  let receiver, site, window
  before(async () => {
    site = home.site('bare-land', '令公村南拆迁裸地', { town: '110118101' })
    receiver = await startReceiver(home.folder, square([40.53025, 117.1304], 60))
    window = await openWindow(application, home.env)
    await window.until('the app', has('nav.nav'))
    await window.run('location.hash = "#/mine/position"')
    await window.until('the address', has('[data-test=gpsd]'))
    await window.run('for (const [css, value] of [["gpsd", arguments[0]], ["source", "gpsd"]]) { const i = document.querySelector(`[data-test=${css}]`); i.value = value; i.dispatchEvent(new Event("change")) }', receiver.address)
  })
  after(async () => {
    await window?.close()
    await receiver?.stop()
    home.remove()
  })

  test('the receiver shows its accuracy and where it comes from', async () => {
    assert.match(await window.until('the accuracy', text('[data-test=accuracy]')), /±\d+\.\d\sm/)
    assert.match(await window.run(text('[data-test=fix]')), /卫星定位/)
    assert.deepEqual(await look(window, 'position-fix'), [])
  })

  test('the area grows as one walks, with its uncertainty beside it', async () => {
    await window.run('location.hash = `#/walk/${arguments[0]}/boundary`', site)
    // The receiver walks on and on: the pause comes within the last metres of the first round.
    await window.until('a whole round', 'const round = Number(document.querySelector("[data-test=area]")?.innerText.replace(",", "")) > 3300; if (round) document.querySelector("[data-test=pause]").click(); return round')
    assert.match(await window.run(text('[data-test=uncertainty]')), /± \d/)
    assert.deepEqual(await look(window, 'walk'), [])
  })

  test('a pause takes no more points, and an undone point is gone', async () => {
    await window.until('the pause', 'return /已暂停/.test(document.querySelector("[data-test=walk-state]").innerText)')
    const before = parseInt(await window.run(text('[data-test=points]')))
    await window.click('[data-test=undo]')
    await window.until('one point less', `return parseInt(document.querySelector("[data-test=points]").innerText) === ${before - 1}`)
  })

  test('the walk is still there when the app is opened again', async () => {
    const before = await window.run(text('[data-test=points]'))
    await window.close()
    window = await openWindow(application, home.env)
    await window.until('the app', 'return document.querySelector("nav.nav, .walk") !== null')
    await window.run('location.hash = `#/walk/${arguments[0]}/boundary`', site)
    assert.equal(await window.until('the points', text('[data-test=points]')), before)
  })

  test('closing writes the boundary, with an area near to the plot’s', async () => {
    await window.click('[data-test=finish]')
    await window.until('the walk is over', 'return document.querySelector(".walk") === null')
    await window.close()
    window = undefined
    const area = Number(home.cli('show', site).values.area_m2)
    assert.ok(Math.abs(area - 3600) < 360, `${area} m²`)
  })
})
