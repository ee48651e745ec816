// The first start and enrolling, in the real window against a real server.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { application, makeHome } from './home.mjs'
import { look } from './looks.mjs'
import { startServer } from './server.mjs'
import { openWindow } from './webdriver.mjs'

const has = (css) => `return document.querySelector('${css}') !== null`
const text = (css) => `return document.querySelector('${css}')?.innerText`

describe('the first start', () => {
  const home = makeHome()
  let server, window
  before(async () => {
    server = await startServer()
    server.user('张海涛')
    window = await openWindow(application, home.env)
  })
  after(async () => {
    await window?.close()
    await server?.remove()
    home.remove()
  })

  test('asks for the language first, and for nothing else', async () => {
    await window.until('the first step', has('[data-step=language]'))
    assert.deepEqual(await look(window, 'start-language'), [])
    await window.click('[data-test=zh]')
  })

  test('a passphrase is refused while it is short or differs', async () => {
    await window.click('[data-test=own]')
    await window.type('[data-test=passphrase]', 'short')
    assert.equal(await window.run('return document.querySelector("[data-test=protect]").disabled'), true)
    await window.type('[data-test=passphrase]', ' but longer')
    await window.type('[data-test=again]', 'short but longer')
    assert.deepEqual(await look(window, 'start-protection'), [])
    await window.click('[data-test=protect]')
    await window.until('the last step', has('[data-test=code]'))
  })

  test('a code nobody gave out is refused, and says what to do', async () => {
    await window.type('[data-test=code]', 'no-such-code')
    await window.type('[data-test=server]', server.url)
    await window.click('[data-test=enrol]')
    assert.match(await window.until('the refusal', text('[role=alert]')), /码/)
    assert.deepEqual(await look(window, 'start-refused'), [])
  })

  test('a pasted code enrols the device', async () => {
    const { code } = server.enrol('张海涛')
    await window.run('const i = document.querySelector("[data-test=code]"); i.value = ""; i.dispatchEvent(new Event("input"))')
    await window.type('[data-test=code]', code)
    await window.click('[data-test=enrol]')
    assert.match(await window.until('the user', text('[data-test=enrolled]')), /张海涛/)
    await window.click('[data-test=enter]')
    await window.until('the app', has('nav.nav'))
  })

  test('the next start asks for the passphrase, and a wrong one changes nothing', async () => {
    await window.close()
    window = await openWindow(application, home.env)
    await window.type('[data-test=passphrase]', 'wrong one')
    await window.click('[data-test=unlock]')
    assert.match(await window.until('the refusal', text('[role=alert]')), /口令/)
    assert.deepEqual(await look(window, 'start-locked'), [])
    await window.run('const i = document.querySelector("[data-test=passphrase]"); i.value = ""; i.dispatchEvent(new Event("input"))')
    await window.type('[data-test=passphrase]', 'short but longer')
    await window.click('[data-test=unlock]')
    await window.until('the app', has('nav.nav'))
  })
})

describe('a device that was used before it was enrolled', () => {
  const home = makeHome()
  let server, window
  before(async () => {
    server = await startServer()
    server.user('陈桂芳')
    home.site('bare-land', '令公村南拆迁裸地', { town: '110118101' })
    window = await openWindow(application, home.env)
  })
  after(async () => {
    await window?.close()
    await server?.remove()
    home.remove()
  })

  test('is enrolled by the picture of a QR code, and what was recorded before is claimed', async () => {
    const { code, url } = server.enrol('陈桂芳')
    const picture = join(home.folder, 'code.png')
    execFileSync('qrencode', ['-o', picture, '-s', '6', JSON.stringify({ code, url: url ?? server.url })])
    await window.until('the app', has('nav.nav'))
    await window.run('location.hash = "#/mine/server"')
    await window.upload('[data-test=qr]', picture)
    assert.equal(await window.until('the code', 'return document.querySelector("[data-test=code]").value'), code)
    await window.run('const i = document.querySelector("[data-test=server]"); i.value = arguments[0]; i.dispatchEvent(new Event("input"))', server.url)
    await window.click('[data-test=enrol]')
    assert.match(await window.until('the claim', text('[data-test=enrolled]')), /[1-9]/)
  })

  test('syncs what it had, and says that all of it is there', async () => {
    await window.run('location.hash = "#/mine/sync"')
    await window.click('[data-test=sync-now]')
    assert.equal(await window.until('everything there', 'return /全部已到/.test(document.querySelector("[data-test=left]")?.innerText) && document.querySelector("[data-test=left]").innerText'), '全部已到服务器')
    assert.deepEqual(await look(window, 'sync-done'), [])
  })

  test('says in one sentence that the server is gone, and that everything is safe', async () => {
    await server.stop()
    await window.click('[data-test=sync-now]')
    assert.match(await window.until('what happened', text('[data-test=last-error]')), /本机/)
    assert.deepEqual(await look(window, 'sync-gone'), [])
  })

  test('every page of 我的 opens, fits a phone, and shows no error', async () => {
    for (const page of ['server', 'officer', 'position', 'storage', 'export', 'rescue', 'check', 'about', 'licences']) {
      await window.run('location.hash = arguments[0]', `#/mine/${page}`)
      await window.until(page, 'return document.querySelector(".page .body")?.innerText.length > 10')
      assert.deepEqual(await look(window, `mine-${page}`, [[360, 780], [1280, 900]]), [], page)
      if (page !== 'position') assert.equal(await window.run('return document.querySelector(".page [role=alert]")?.innerText ?? null'), null, page)
    }
  })

  test('the self-check finds nothing wrong', async () => {
    await window.run('location.hash = "#/mine/check"')
    await window.click('[data-test=check]')
    await window.until('the verdict', has('[data-test=sound]'))
  })
})
