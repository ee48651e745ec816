// Recording in the real window: one inspection of each kind, a power cut in mid-form, a conflict, a returned record, 10,000 sites.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { application, makeHome } from './home.mjs'
import { look } from './looks.mjs'
import { killApp, person } from './page.mjs'
import { startServer } from './server.mjs'
import { openWindow } from './webdriver.mjs'

const TOWN = '110118101'
const open = async (home) => person(await openWindow(application, home.env))
const SITES = {
  'bare-land': ['令公村南拆迁裸地', { town: TOWN, land_type: 'demolition', code_local: 'LD-TS-0063' }],
  voc: ['檀峰印务有限公司', { town: TOWN, industry: '包装印刷', code_local: 'VOC-SL-0012' }],
  noise: ['恒石石材厂', { town: TOWN, zone_class: '2', source_type: 'industry' }],
  outfall: ['桑园村潮河左岸排口', { town: TOWN, class: 'industrial', river: '潮河', water_target: 'II', standard: 'DB11/307 A' }],
}

/** What is typed into each kind, where, and what the device must hold after it. */
const VISITS = {
  'bare-land': async (p) => {
    await p.keys('cover_pct', '65')
    await p.tap('[data-path="dust_visible"] [data-choice=true]')
    await p.saved()
    return { cover_pct: '65', dust_visible: true }
  },
  voc: async (p) => {
    await p.tap('[data-test=add-nmhc]')
    await p.fill(await p.row('nmhc', 'point'), '印刷车间门外')
    await p.tap(`[data-path="${await p.row('nmhc', 'kind')}"] [data-choice=hour-mean]`)
    await p.keys(await p.row('nmhc', 'value_mg_m3'), '12.4')
    await p.until('the verdict', 'return document.querySelector(".row .judged .chip")?.innerText === "超标"')
    await p.saved()
    return {}
  },
  noise: async (p) => {
    await p.tap('[data-test=add-points]')
    await p.fill(await p.row('points', 'name'), '1# 东厂界外 1 m')
    await p.tap(`[data-path="${await p.row('points', 'place')}"] [data-choice=boundary]`)
    await p.keys(await p.row('points', 'leq_db'), '62.4')
    await p.keys(await p.row('points', 'background_db'), '48.9')
    await p.until('the verdict', 'return document.querySelector(arguments[0])?.innerText === "超标"', `[data-path="${await p.row('points', 'verdict')}"] .chip`)
    await p.saved()
    return {}
  },
  outfall: async (p) => {
    await p.tap('[data-test=add-readings]')
    await p.run('const s = document.querySelector(arguments[0]); s.value = "COD"; s.dispatchEvent(new Event("change"))', `[data-path="${await p.row('readings', 'parameter')}"] select`)
    await p.keys(await p.row('readings', 'value'), '26')
    await p.see('table .cell')
    await p.saved()
    return {}
  },
}
const START = { 'bare-land': 'cover_pct', voc: 'nmhc', noise: 'points', outfall: 'readings' }

describe('an inspector on the way, without any server', () => {
  const home = makeHome()
  const sites = {}
  let p
  before(async () => {
    for (const [kind, [name, set]] of Object.entries(SITES)) sites[kind] = home.site(kind, name, set)
    p = await open(home)
  })
  after(async () => {
    await p?.close()
    home.remove()
  })

  test('home says that everything is safe here, fits every width and passes the contrast check', async () => {
    await p.go('#/today')
    assert.match(await p.text('[data-test=custody]'), /断电不丢/)
    assert.deepEqual(await look(p, 'today'), [])
    assert.deepEqual(await p.axe(), [])
  })

  for (const kind of Object.keys(SITES)) {
    test(`an inspection of ${kind} is recorded, judged while typing, and on the disk`, async () => {
      await p.go(`#/ledger/${sites[kind]}`)
      await p.tap('[data-test=inspect]')
      const id = await p.until('the form', 'return location.hash.match(/^#\\/form\\/([^/]+)/)?.[1]')
      await p.tap('[data-path="started_at"] [data-test=now]')
      await p.go(`#/form/${id}/at/${START[kind]}`)
      await p.see(`[data-path="${START[kind]}"]`)
      const wanted = await VISITS[kind](p)
      assert.deepEqual(await look(p, `form-${kind}`), [])
      assert.deepEqual(await p.axe(), [])
      const { values } = home.cli('show', id)
      assert.ok(values.started_at, 'the start is saved')
      for (const [path, value] of Object.entries(wanted)) assert.equal(String(values[path]), String(value))
    })
  }

  test('the check list says what is left, and a tap leads to the field', async () => {
    await p.tap('[data-test=leave]')
    await p.see('[data-lack]')
    assert.deepEqual(await look(p, 'leave'), [])
    assert.deepEqual(await p.axe(), [])
    await p.tap('[data-test=mend-first]')
    await p.see('[data-test=saved]')
  })

  test('a site shows its visit, and what may happen next', async () => {
    await p.go(`#/ledger/${sites.noise}`)
    await p.see('[data-visit]')
    assert.deepEqual(await look(p, 'site'), [])
    assert.deepEqual(await p.axe(), [])
  })

  test('initials of the pinyin find a site', async () => {
    await p.go('#/ledger')
    await p.resize(412, 900)
    await p.type('input[type=search]', 'hssc')
    await p.until('one row', 'const r = document.querySelectorAll(".scroller .row"); return r.length === 1 && r[0].innerText.includes("恒石")')
    assert.deepEqual(await look(p, 'ledger-search'), [])
    assert.deepEqual(await p.axe(), [])
    await p.tap('.clear')
  })
})

describe('a battery that falls out in mid-form', () => {
  const home = makeHome()
  let p
  before(() => home.site('noise', SITES.noise[0], SITES.noise[1]))
  after(async () => {
    await p?.close()
    home.remove()
  })

  test('costs nothing that was marked as saved, and the form opens again where it was', async () => {
    p = await open(home)
    await p.go(`#/ledger/${home.cli('list', '--type', 'site')[0].id}`)
    await p.tap('[data-test=inspect]')
    const id = await p.until('the form', 'return location.hash.match(/^#\\/form\\/([^/]+)/)?.[1]')
    await p.go(`#/form/${id}/conclusion`)
    await p.fill('findings', '厂界四周均有石材切割声')
    await p.saved()
    killApp(home.env)
    await p.close()

    p = await open(home)
    await p.see('[data-path="findings"]')
    assert.equal(await p.run('return document.querySelector("[data-path=findings] textarea").value'), '厂界四周均有石材切割声')
    assert.equal(await p.run('return location.hash'), `#/form/${id}/conclusion`)
  })
})

describe('two people who filled in the same field without a signal', () => {
  const [own, other] = [makeHome(), makeHome()]
  let server, p, site
  before(async () => {
    server = await startServer()
    for (const [home, user] of [[own, '李秀英'], [other, '王建国']]) {
      server.user(user)
      home.cli('enrol', '--server', server.url, '--code', server.enrol(user).code)
    }
    site = own.site('bare-land', '碱厂村东闲置裸地', { town: TOWN, land_type: 'idle' })
    own.cli('sync')
    other.cli('sync')
    other.cli('set', site, 'address=村东机井旁')
    other.cli('sync')
    own.cli('set', site, 'address=村东公路北侧')
    own.cli('sync')
    p = await open(own)
  })
  after(async () => {
    await p?.close()
    await server?.remove()
    own.remove()
    other.remove()
  })

  test('see both values, decide, and the decision reaches the other', async () => {
    await p.go('#/today')
    await p.tap('[data-test=conflicts]')
    await p.tap('[data-conflict=address]')
    await p.until('both values', 'return document.querySelectorAll("[data-value]").length === 2')
    assert.equal(await p.run('return document.querySelector("[data-test=decide]").disabled || document.querySelector(".value.on") !== null'), true)
    assert.deepEqual(await look(p, 'conflict'), [])
    assert.deepEqual(await p.axe(), [])
    await p.run('[...document.querySelectorAll("[data-value]")].find((e) => e.innerText.includes("机井")).click()')
    await p.tap('[data-test=decide]')
    await p.see('[data-test=no-conflicts]')
    own.cli('sync')
    other.cli('sync')
    assert.deepEqual([other.cli('conflicts'), other.cli('show', site).values.address], [[], '村东机井旁'])
  })
})

describe('a record that came back from the supervisor', () => {
  const [own, desk] = [makeHome(), makeHome()]
  let server, p, visit
  before(async () => {
    server = await startServer()
    for (const [home, user, role] of [[own, '王建国', 'inspector'], [desk, '陈志远', 'supervisor']]) {
      server.user(user, role)
      home.cli('enrol', '--server', server.url, '--code', server.enrol(user).code)
    }
    const site = own.site('bare-land', '碱厂村东闲置裸地', { town: TOWN, land_type: 'idle' })
    const set = {
      town: TOWN, started_at: '2026-11-23T09:40:00+08:00', ended_at: '2026-11-23T10:20:00+08:00', place: '碱厂村东', cover_pct: 65, findings: '部分裸露', conclusion: 'problem',
      id_shown: true, rights_told: true, 'officers/a/name': '王建国', 'officers/a/certificate_no': '11011801', 'officers/b/name': '李娜', 'officers/b/certificate_no': '11011802',
    }
    const texts = Object.entries(set).flatMap(([path, value]) => ['--set', `${path}=${value}`])
    visit = own.cli('new', 'inspection', 'bare-land', '--site', site, '--at', '40.5303,117.1303,5', ...texts).id
    own.cli('move', visit, 'submitted')
    own.cli('sync')
    desk.cli('sync')
    desk.cli('remark', visit, 'findings', '请写明裸露面积和方位', '--must')
    desk.cli('move', visit, 'returned')
    desk.cli('sync')
    own.cli('sync')
    p = await open(own)
  })
  after(async () => {
    await p?.close()
    await server?.remove()
    own.remove()
    desk.remove()
  })

  test('is on the home screen with its remark, and a tap leads to the very field, which can be mended and sent again', async () => {
    await p.go('#/today')
    await p.tap(`[data-card="${visit}"]`)
    assert.match(await p.text('[data-path="findings"] [data-test=remark]'), /请写明裸露面积和方位/)
    assert.deepEqual(await look(p, 'returned'), [])
    assert.deepEqual(await p.axe(), [])
    await p.fill('findings', '，东侧约 672 m²')
    await p.saved()
    await p.tap('[data-test=leave]')
    await p.tap('[data-move=submitted]')
    await p.tap('[data-confirm=submitted]')
    await p.see('[data-test=locked]')
    assert.deepEqual([own.cli('show', visit).state, own.cli('show', visit).values.findings], ['submitted', '部分裸露，东侧约 672 m²'])
  })
})

describe('a ledger of ten thousand sites', () => {
  const home = makeHome()
  let p
  before(async () => {
    home.batch(Array.from({ length: 10_000 }, (_, n) => ({ new: 'site', kind: n % 2 ? 'noise' : 'outfall', set: { name: `测点 ${n}`, town: TOWN } })))
    p = await open(home)
  })
  after(async () => {
    await p?.close()
    home.remove()
  })

  test('is listed at once, and scrolls with no more rows in the page than fit the screen', async () => {
    await p.go('#/ledger')
    await p.until('rows', 'return document.querySelectorAll(".scroller .row").length > 5')
    assert.match(await p.text('[data-test=total]'), /10,000/)
    for (let page = 0; page < 8; page++) {
      const before = await p.run('const s = document.querySelector(".scroller"); const h = s.scrollHeight; s.scrollTop = h; return h')
      await p.until('the next page', 'return document.querySelector(".scroller").scrollHeight > arguments[0]', before)
    }
    assert.ok((await p.run('return document.querySelectorAll(".scroller .row").length')) < 60)
  })

  test('is narrowed by kind and by words', async () => {
    await p.tap('[role=tab]:nth-child(4)')
    await p.until('half of them', 'return document.querySelector("[data-test=total]").innerText.includes("5,000")')
    await p.type('input[type=search]', '测点 9999')
    await p.until('one', 'return document.querySelectorAll(".scroller .row").length === 1')
  })
})
