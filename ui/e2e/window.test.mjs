// The window as a person meets it: real app, real device database, real web view. Run by `make window-test`.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { application, makeHome } from './home.mjs'
import { openWindow } from './webdriver.mjs'

const TITLES = 'return [...document.querySelectorAll(".row .title")].map((e) => e.textContent.trim())'
const titlesAre = 'return document.querySelectorAll(".row").length === arguments[0]'

describe('the ledger of an inspector who has three sites', () => {
  const home = makeHome()
  let window
  before(async () => {
    home.site('bare-land', '令公村南拆迁裸地', { land_type: 'demolition', code_local: 'LD-TS-0063', town: '110118101' })
    home.site('voc', '檀峰印务有限公司', { industry: '包装印刷' })
    home.site('outfall', '桑园村潮河左岸排口', { class: 'industrial' })
    window = await openWindow(application, home.env)
    await window.click('[data-test=tab-ledger]')
  })
  after(async () => {
    await window?.close()
    home.remove()
  })

  test('all three are listed, the last one first', async () => {
    await window.until('three rows', titlesAre, 3)
    assert.deepEqual(await window.run(TITLES), ['桑园村潮河左岸排口', '檀峰印务有限公司', '令公村南拆迁裸地'])
  })

  test('what was never sent says so on every row', async () => {
    const words = await window.run('return [...document.querySelectorAll(".row .light")].map((e) => e.getAttribute("aria-label"))')
    assert.deepEqual(words, Array(3).fill('只在本机'))
  })

  test('one Chinese character narrows the list', async () => {
    await window.type('input[type=search]', '潮')
    await window.until('one row', titlesAre, 1)
    assert.deepEqual(await window.run(TITLES), ['桑园村潮河左岸排口'])
    await window.click('.clear')
    await window.until('three rows again', titlesAre, 3)
  })

  test('a kind has its own tab with its number', async () => {
    assert.match(await window.run('return document.querySelector("[role=tab]:nth-child(2)").textContent'), /裸地\s*1/)
    await window.click('[role=tab]:nth-child(2)')
    await window.until('one row', titlesAre, 1)
    await window.click('[role=tab]:nth-child(1)')
    await window.until('three rows again', titlesAre, 3)
  })

  test('a tap opens the record with the words of its form, and the way back keeps the list', async () => {
    await window.click('[role=listitem]:last-child .row')
    const text = await window.until('the record', 'return document.querySelector(".pane .card") && document.querySelector(".pane").innerText')
    assert.match(text, /令公村南拆迁裸地/)
    assert.match(await window.run('return document.querySelector(".pane").innerText'), /拆迁裸地[\s\S]*LD-TS-0063/)
    await window.click('.back')
    await window.until('no record', 'return document.querySelector(".pane") === null')
  })

  test('the picture of the window is not blank', async () => {
    const picture = await window.picture()
    home.save('ledger.png', picture)
    assert.equal(picture.subarray(1, 4).toString(), 'PNG')
    assert.ok(picture.length > 10_000, `${picture.length} bytes`)
  })
})

describe('a ledger of six hundred sites', () => {
  const home = makeHome()
  let window
  before(async () => {
    home.batch(Array.from({ length: 600 }, (_, n) => ({ new: 'site', kind: 'noise', set: { name: `测点 ${n}` } })))
    window = await openWindow(application, home.env)
    await window.click('[data-test=tab-ledger]')
  })
  after(async () => {
    await window?.close()
    home.remove()
  })

  test('scrolls to its very end, with no more rows in the page than fit the screen', async () => {
    await window.until('rows', 'return document.querySelectorAll(".row").length > 0')
    const end = 'const s = document.querySelector(".scroller"); s.scrollTop = s.scrollHeight; return [...document.querySelectorAll(".row .title")].some((e) => e.textContent.trim() === "测点 0")'
    await window.until('the oldest site', end)
    assert.ok((await window.run('return document.querySelectorAll(".row").length')) < 60)
  })
})
