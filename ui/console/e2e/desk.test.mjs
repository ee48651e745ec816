// Deciding at a desk: what real devices wrote against each other or submitted, decided in a real browser, and back to the devices.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { accessible, logIn, open, photograph, picture, visit } from './browser.mjs'
import { NORTH, PASSWORD, SOUTH, startSite, wholeVisit } from './site.mjs'

const HOSTILE = '<img src=x onerror="window.broken=1">'
const AT = ['--at', '40.53025,117.1304,4.5']
let site, browser, zhang, wang, chen, ids

before(async () => {
  ;[site, browser] = await Promise.all([startSite(), open()])
  site.user('周敏', 'supervisor')
  site.user('李北', 'supervisor', NORTH)
  for (const [name, town] of [['张海涛', NORTH], ['王建国', NORTH], ['陈桂芳', SOUTH]]) site.user(name, 'inspector', town)
  ;[zhang, wang, chen] = ['张海涛', '王建国', '陈桂芳'].map((name) => site.device(name))
  ids = {
    noise: zhang.site('noise', { name: '宾阳里冷却塔', town: NORTH, zone_class: '2', source_type: 'industry', found_at: '2026-11-01' }, ...AT),
    plot: zhang.site('bare-land', { name: '令公村南拆迁裸地', town: NORTH, land_type: 'demolition', deadline: '2026-11-01' }, ...AT),
    foreign: chen.site('bare-land', { name: '南边的地块', town: SOUTH, land_type: 'idle' }, ...AT),
  }
  ids.visits = ['令公村南一巡', '令公村南二巡'].map((place) => zhang.inspection('bare-land', ids.plot, wholeVisit(NORTH, place), ...AT))
  for (const id of ids.visits) zhang.cli('move', id, 'submitted')
  zhang.sync()
  wang.sync()
  chen.sync()
  zhang.cli('photo', ids.noise, photograph(site.folder, 'tower.jpg'), '--proves', '隔声屏未建')
  zhang.cli('move', ids.noise, 'rectifying', '--note', '夜间超标，责令整改')
  wang.cli('move', ids.noise, 'refer', '--note', '属社会生活噪声，移交')
  zhang.set(ids.plot, { note: '北侧有渣土', land_type: 'idle' })
  wang.set(ids.plot, { note: `南侧已苫盖 ${HOSTILE}`, land_type: 'construction' })
  zhang.sync()
  wang.sync()
})
after(async () => {
  await browser.close()
  await site.end()
})

async function at(path, name = '周敏', look = {}) {
  const visited = await visit(browser, site.url + path, look)
  await logIn(visited.page, name, PASSWORD)
  await visited.page.getByRole('navigation').waitFor()
  return {
    ...visited,
    async check() {
      assert.equal(await visited.page.evaluate(() => window.broken), undefined)
      assert.deepEqual(visited.faults, [])
      await visited.context.close()
    },
  }
}
const shown = (device, id) => device.cli('show', id)
const REASON = '理由（必填，写入变更，各方都会看到）'

test('today tells what waits, and every figure opens what is behind it', async () => {
  const { page, check } = await at('/')
  await page.getByRole('heading', { name: '今日' }).waitFor()
  await page.getByRole('link', { name: /^冲突 2/ }).waitFor()
  await page.getByRole('link', { name: /^待审核 2/ }).waitFor()
  await page.getByText('期限早于今天').waitFor()
  await page.getByRole('cell', { name: '张海涛' }).waitFor()
  await picture(page, 'today')
  await accessible(page)
  await page.getByRole('link', { name: '裸地 新到 2' }).click()
  await page.getByText('第 1–2 宗，共 2').waitFor()
  await page.goBack()
  await page.getByRole('link', { name: /^超期未办 1/ }).click()
  await page.getByRole('link', { name: /令公村南拆迁裸地.*期限 2026-11-01/ }).waitFor()
  await accessible(page)
  await page.goBack()
  await page.getByRole('link', { name: /冲突 2$/ }).last().click()
  await page.getByRole('heading', { name: '宾阳里冷却塔' }).waitFor()
  await check()
})

test('a state in conflict shows both evidences, nothing is chosen beforehand, and a reason is asked for', async () => {
  const { page, check } = await at('/reconcile')
  await page.getByRole('heading', { name: '宾阳里冷却塔' }).waitFor()
  const dispute = page.getByRole('region', { name: '状态冲突' })
  for (const text of ['“夜间超标，责令整改”', '“属社会生活噪声，移交”', '各方都看过的最后一值', '隔声屏未建']) await dispute.getByText(text).first().waitFor()
  assert.equal(await dispute.locator('input[type=radio]:checked').count(), 0)
  const go = dispute.getByRole('button', { name: '先选择一个值' })
  assert.equal(await go.isDisabled(), true)
  await picture(page, 'reconcile-state')
  await accessible(page)
  await dispute.getByRole('radio', { name: /已移交/ }).check()
  assert.equal(await dispute.getByRole('button', { name: '决定：已移交' }).isDisabled(), true)
  await check()
})

test('a decision reaches the devices, and taking it back brings both values back to them', async () => {
  const { page, check } = await at(`/reconcile/${ids.noise}`)
  const dispute = page.getByRole('region', { name: '状态冲突' })
  await dispute.getByRole('radio', { name: /整改中/ }).check()
  await dispute.getByLabel(REASON).fill('以现场实测为准')
  await dispute.getByRole('button', { name: '决定：整改中' }).click()
  await page.getByText('已写入，设备下次同步时收到。').waitFor()
  await page.getByText('这条记录没有待定的值了').waitFor()
  await picture(page, 'reconcile-done')
  wang.sync()
  assert.deepEqual([shown(wang, ids.noise).state, shown(wang, ids.noise).conflicts], ['rectifying', {}])
  assert.ok(Object.values(shown(wang, ids.noise).values).includes('以现场实测为准'))
  await page.keyboard.press('z')
  await page.getByText('已撤销，原先的值重新并列。').waitFor()
  // What was taken back is no decision that could be taken back in turn.
  await page.getByRole('button', { name: /^撤销/ }).waitFor({ state: 'detached' })
  await dispute.waitFor()
  wang.sync()
  await dispute.getByText('王建国（撤销后恢复）').waitFor()
  await dispute.getByText('“属社会生活噪声，移交”').waitFor()
  await picture(page, 'reconcile-restored')
  assert.deepEqual(shown(wang, ids.noise).conflicts.state.map((rival) => rival.value).sort(), ['rectifying', 'refer'])
  await check()
})

test('a value that arrives while somebody decides is not covered by the decision', async () => {
  const { page, check } = await at(`/reconcile/${ids.plot}`)
  const dispute = page.getByRole('region', { name: /^裸地类型/ })
  await dispute.getByRole('radio', { name: /施工裸地/ }).check()
  await dispute.getByLabel(REASON).fill('有施工许可')
  // This device has not heard of the other's value, nor has anybody at the desk of this one.
  zhang.set(ids.plot, { land_type: 'rubbish-mound' })
  zhang.sync()
  await dispute.getByRole('button', { name: '决定：施工裸地' }).click()
  await page.getByText(/已写入|刚刚有变/).first().waitFor()
  await page.getByText('垃圾土堆').first().waitFor()
  zhang.sync()
  const values = shown(zhang, ids.plot).conflicts.land_type?.map((rival) => rival.value) ?? [shown(zhang, ids.plot).values.land_type]
  assert.ok(values.includes('rubbish-mound'), JSON.stringify(values))
  await check()
})

test('texts are combined, and what somebody typed into one is text', async () => {
  const { page, check } = await at(`/reconcile/${ids.plot}`)
  const dispute = page.getByRole('region', { name: /^备注/ })
  await dispute.getByText(HOSTILE).first().waitFor()
  await picture(page, 'reconcile-text')
  await dispute.getByRole('radio', { name: '合并各值' }).check()
  await dispute.getByLabel('另定的值').fill('北侧有渣土；南侧已苫盖')
  await dispute.getByLabel(REASON).fill(`${HOSTILE}'; DROP TABLE docs; --`)
  await dispute.getByRole('button', { name: /^决定：北侧有渣土/ }).click()
  await page.getByText('已写入，设备下次同步时收到。').waitFor()
  zhang.sync()
  assert.equal(shown(zhang, ids.plot).values.note, '北侧有渣土；南侧已苫盖')
  await page.goto(`${site.url}/record/${ids.plot}`)
  await page.getByText('DROP TABLE docs').waitFor()
  await check()
})

test('what was decided in another window is told, and nothing is written over it', async () => {
  const [one, two] = [await at(`/reconcile/${ids.plot}`), await at(`/reconcile/${ids.plot}`)]
  for (const { page } of [one, two]) {
    const dispute = page.getByRole('region', { name: /^裸地类型/ })
    await dispute.getByRole('radio', { name: page === one.page ? /施工裸地/ : /垃圾土堆/ }).check()
    await dispute.getByLabel(REASON).fill('现场核实')
  }
  await one.page.getByRole('button', { name: '决定：施工裸地' }).click()
  await one.page.getByText('已写入，设备下次同步时收到。').waitFor()
  await two.page.getByRole('button', { name: '决定：垃圾土堆' }).click()
  await two.page.getByRole('alert').getByText('您所依据的内容刚刚有变', { exact: false }).waitFor()
  await accessible(two.page)
  zhang.sync()
  assert.equal(shown(zhang, ids.plot).values.land_type, 'construction')
  await one.check()
  await two.check()
})

test('an inspection is returned with a remark on its field, which the device shows after its sync', async () => {
  const { page, check } = await at('/review')
  await page.getByRole('heading', { name: '令公村南一巡' }).waitFor()
  assert.equal(await page.getByRole('button', { name: /^退回/ }).isDisabled(), true)
  await page.getByRole('button', { name: '对“现场情况”写意见' }).click()
  await page.keyboard.type(`请写明裸露位置 ${HOSTILE}`)
  assert.equal(await page.getByRole('button', { name: '批准' }).isDisabled(), true)
  await picture(page, 'review')
  await accessible(page)
  await page.getByRole('button', { name: '退回，附 1 条意见' }).click()
  await page.getByRole('heading', { name: '令公村南二巡' }).waitFor()
  zhang.sync()
  const returned = shown(zhang, ids.visits[0])
  assert.equal(returned.state, 'returned')
  const remark = Object.entries(returned.values).find(([path]) => /^remarks\/.*\/path$/.test(path))
  assert.equal(remark?.[1], 'findings')
  zhang.set(ids.visits[0], { findings: '东侧约 300 平方米裸露' })
  zhang.cli('move', ids.visits[0], 'submitted')
  zhang.sync()
  await page.goto(`${site.url}/review/${ids.visits[0]}`)
  await page.getByText('第 2 轮').first().waitFor()
  await page.getByText(`请写明裸露位置 ${HOSTILE}`).waitFor()
  await picture(page, 'review-second-round')
  await check()
})

test('with keys alone one is approved, taken back and left for the next', async () => {
  const { page, check } = await at(`/review/${ids.visits[1]}`)
  await page.getByRole('heading', { name: '令公村南二巡' }).waitFor()
  await page.keyboard.press('a')
  await page.getByRole('heading', { name: '令公村南一巡' }).waitFor()
  zhang.sync()
  assert.equal(shown(zhang, ids.visits[1]).state, 'approved')
  await page.getByRole('button', { name: /^撤销/ }).waitFor()
  await page.keyboard.press('z')
  await page.getByText('已撤销，原先的值重新并列。').waitFor()
  zhang.sync()
  assert.equal(shown(zhang, ids.visits[1]).state, 'submitted')
  await page.keyboard.press('j')
  await page.getByRole('heading', { name: '令公村南二巡' }).waitFor()
  await check()
})

test('a supervisor of one township sees and decides nothing of another', async () => {
  const rival = site.device('陈桂芳', 'second')
  rival.sync()
  chen.set(ids.foreign, { note: '一' })
  rival.set(ids.foreign, { note: '二' })
  chen.sync()
  rival.sync()
  const { page, context, check } = await at('/reconcile', '李北')
  await page.getByRole('heading', { name: '宾阳里冷却塔' }).waitFor()
  assert.equal(await page.getByText('南边的地块').count(), 0)
  await page.goto(`${site.url}/reconcile/${ids.foreign}`)
  await page.getByText('没有您可以查看的内容').waitFor()
  const cookie = (await context.cookies(`${site.url}/v1/`))[0]
  const { csrf } = await (await fetch(`${site.url}/v1/console/session`, { headers: { cookie: `${cookie.name}=${cookie.value}` } })).json()
  const post = async (id, headers) => {
    const body = JSON.stringify({ writes: [{ path: 'note', value: '越权', seen: [] }] })
    const answer = await fetch(`${site.url}/v1/documents/${id}/changes`, {
      method: 'POST', body, headers: { 'content-type': 'application/json', cookie: `${cookie.name}=${cookie.value}`, ...headers },
    })
    return (await answer.json()).error?.code
  }
  assert.equal(await post(ids.foreign, { 'x-csrf-token': csrf }), 'not-found')
  assert.equal(await post(ids.plot, {}), 'csrf')
  await check()
})

test('without anything waiting the pages say so, in both languages and in the dark', async () => {
  const { page, check } = await at('/today', '周敏', { dark: true })
  await page.getByRole('button', { name: 'English' }).click()
  await page.getByRole('heading', { name: 'Today' }).waitFor()
  await picture(page, 'today-dark-en')
  await accessible(page)
  await page.goto(`${site.url}/reconcile/${ids.noise}`)
  await page.getByRole('region', { name: 'State in conflict' }).waitFor()
  await picture(page, 'reconcile-dark-en')
  await accessible(page)
  await page.goto(`${site.url}/review?search=nowhere`)
  await page.getByText('Nothing waits').waitFor()
  await accessible(page)
  await page.goto(`${site.url}/review/${ids.visits[1]}`)
  await page.getByRole('button', { name: 'Remark on “Findings”' }).waitFor()
  await picture(page, 'review-dark-en')
  await accessible(page)
  await page.setViewportSize({ width: 1280, height: 800 })
  await page.goto(`${site.url}/reconcile/${ids.noise}`)
  await page.getByRole('button', { name: '中文' }).click()
  await page.getByRole('button', { name: 'Light' }).or(page.getByRole('button', { name: '浅色' })).click()
  await page.getByRole('region', { name: '状态冲突' }).waitFor()
  await picture(page, 'reconcile-1280')
  await check()
})
