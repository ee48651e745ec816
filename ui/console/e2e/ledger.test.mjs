// Ledgers and records in a real browser: filter, order, pages, keys, photos, and what must not run.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { accessible, logIn, open, photograph, picture, visit } from './browser.mjs'
import { NORTH, PASSWORD, SOUTH, startSite } from './site.mjs'

const HOSTILE = '<img src=x onerror="window.broken=1">{{constructor.constructor("window.broken=1")()}}'
const MANY = 120
let site, browser, ids

function makeRecords() {
  const [north, south] = [site.device('张海涛'), site.device('陈桂芳')]
  north.batch(Array.from({ length: MANY }, (_, n) => ({
    new: 'site', kind: 'noise', set: { name: `测点 ${String(n).padStart(3, '0')}`, town: NORTH, zone_class: '2', source_type: n % 2 ? 'industry' : 'social' },
  })))
  const plot = north.site('bare-land', { name: '令公村南拆迁裸地', code_local: 'BA-001', town: NORTH, land_type: 'demolition', contact_phone: '13812342706' },
    '--at', '40.53025,117.1304,4.5', '--photo', photograph(site.folder, 'plot.jpg'))
  const hostile = north.site('bare-land', { name: HOSTILE, town: NORTH, land_type: 'idle' })
  const visited = north.inspection('bare-land', plot, { place: '令公村南', findings: '裸露' })
  const foreign = south.site('bare-land', { name: '南边的地块', town: SOUTH, land_type: 'idle' })
  north.sync()
  south.sync()
  const rival = site.device('王建国')
  rival.sync()
  north.set(plot, { land_type: 'idle' })
  rival.set(plot, { land_type: 'construction' })
  north.sync()
  rival.sync()
  return { plot, hostile, foreign, visited }
}

before(async () => {
  ;[site, browser] = await Promise.all([startSite(), open()])
  site.user('周敏', 'supervisor')
  site.user('李北', 'supervisor', NORTH)
  site.user('张海涛', 'inspector', NORTH)
  site.user('王建国', 'inspector', NORTH)
  site.user('陈桂芳', 'inspector', SOUTH)
  ids = makeRecords()
})
after(async () => {
  await browser.close()
  await site.end()
})

/** A logged-in page; `check` says at the end that nothing broke on it. */
async function at(path, name = '周敏', look = {}) {
  const visited = await visit(browser, site.url + path, look)
  await logIn(visited.page, name, PASSWORD)
  await visited.page.getByRole('navigation').waitFor()
  return {
    ...visited,
    names: () => visited.page.locator('tbody th a').allInnerTexts(),
    async check() {
      assert.deepEqual(visited.faults, [])
      await visited.context.close()
    },
  }
}

test('a ledger is filtered, sorted and paged, and the address keeps it', async () => {
  const { page, names, check } = await at('/ledger?kind=noise&sort=title')
  await page.getByText(`第 1–50 宗，共 ${MANY}`).waitFor()
  assert.equal((await names())[0], '测点 000')
  await picture(page, 'ledger-long')
  await accessible(page)
  await page.getByRole('button', { name: '下一页' }).click()
  await page.getByText(`第 51–100 宗，共 ${MANY}`).waitFor()
  await page.getByRole('button', { name: '名称' }).click()
  await page.getByText('测点 119').waitFor()
  assert.equal(new URL(page.url()).search, '?kind=noise&sort=-title')
  await page.goBack()
  await page.getByText(`第 51–100 宗，共 ${MANY}`).waitFor()
  await page.keyboard.press('/')
  await page.keyboard.type('测点 11')
  await page.keyboard.press('Enter')
  await page.getByText('第 1–10 宗，共 10').waitFor()
  await page.reload()
  await page.getByText('第 1–10 宗，共 10').waitFor()
  await check()
})

test('townships are chosen from a list, cleared by a cross, and an empty outcome says what to do', async () => {
  const { page, names, check } = await at('/ledger?kind=bare-land')
  await page.getByText('共 3').waitFor()
  await page.getByRole('button', { name: '街镇 全部' }).click()
  await page.locator('.n-base-select-option').getByText('十里堡镇', { exact: true }).click()
  await page.getByText('第 1–1 宗，共 1').waitFor()
  assert.deepEqual(await names(), ['南边的地块'])
  await page.keyboard.press('Escape')
  await page.getByRole('button', { name: '清除街镇' }).click()
  await page.getByText('共 3').waitFor()
  await page.goto(`${site.url}/ledger?kind=bare-land&search=nowhere`)
  await page.getByText('没有符合筛选的记录').waitFor()
  await picture(page, 'ledger-nothing')
  await accessible(page)
  await page.getByRole('button', { name: '清除筛选' }).click()
  await page.getByText('共 3').waitFor()
  await page.goto(`${site.url}/ledger?kind=outfall`)
  await page.getByText('还没有入河排污口记录').waitFor()
  await check()
})

test('j and k go from row to row and Enter opens the record', async () => {
  const { page, check } = await at('/ledger?kind=noise&sort=title')
  await page.getByText('测点 000').waitFor()
  for (const key of ['j', 'j', 'j', 'k', 'Enter']) await page.keyboard.press(key)
  await page.getByRole('heading', { name: '测点 001' }).waitFor()
  await check()
})

test('a record shows its fields in words, its rival values, its changes, and masks what is personal', async () => {
  const { page, check } = await at(`/record/${ids.plot}`)
  await page.getByRole('heading', { name: '令公村南拆迁裸地' }).waitFor()
  const rivals = page.locator('dl li')
  assert.deepEqual((await rivals.locator('b').allInnerTexts()).sort(), ['施工裸地', '闲置裸地'])
  await page.getByText('138****2706').first().waitFor()
  assert.equal((await page.content()).includes('13812342706'), false)
  assert.equal(await page.locator('ol > li').count(), 3)
  await picture(page, 'record')
  await accessible(page)
  await page.getByRole('link', { name: /令公村南 / }).or(page.locator(`a[href*="${ids.visited}"]`)).first().click()
  await page.getByRole('heading', { name: '令公村南', exact: true }).waitFor()
  await check()
})

test('a photo opens in a light box with its hash and where its original is', async () => {
  const { page, check } = await at(`/record/${ids.plot}`)
  const small = page.getByRole('button', { name: '第 1 张，共 1 张' }).locator('img')
  await small.waitFor()
  await page.waitForFunction((img) => img.complete && img.naturalWidth > 0, await small.elementHandle())
  await small.click()
  const large = page.getByRole('dialog').locator('img')
  await page.waitForFunction((img) => img.complete && img.naturalWidth > 600, await large.elementHandle())
  assert.match(await page.getByRole('dialog').innerText(), /[0-9a-f]{64}/)
  await picture(page, 'photo')
  await accessible(page)
  await page.keyboard.press('Escape')
  await page.getByRole('dialog').waitFor({ state: 'detached' })
  await check()
})

test('what somebody typed into a field is text on every page', async () => {
  const { page, check } = await at('/ledger?kind=bare-land')
  await page.getByText(HOSTILE).first().waitFor()
  await page.goto(`${site.url}/record/${ids.hostile}`)
  await page.getByRole('heading', { name: HOSTILE }).waitFor()
  assert.equal(await page.evaluate(() => window.broken), undefined)
  await check()
})

test('the policy runs no script but the console\'s own', async () => {
  const { page, context, faults } = await at('/ledger?kind=bare-land')
  await page.evaluate(() => {
    const script = document.createElement('script')
    script.textContent = 'window.broken = 1'
    document.head.append(script)
  })
  assert.equal(await page.evaluate(() => window.broken), undefined)
  assert.match(faults.join(), /Content Security Policy/)
  await context.close()
})

test('a supervisor of one township finds nothing of another, by list or by address', async () => {
  const { page, names, check } = await at('/ledger?kind=bare-land', '李北')
  await page.getByText('共 2').waitFor()
  assert.equal((await names()).includes('南边的地块'), false)
  await page.goto(`${site.url}/record/${ids.foreign}`)
  await page.getByText('没有您可以查看的内容').waitFor()
  await picture(page, 'record-foreign')
  await accessible(page)
  await check()
})

test('in English and in the dark everything is said and readable', async () => {
  const { page, check } = await at('/ledger?kind=bare-land', '周敏', { dark: true })
  await page.getByRole('button', { name: 'English' }).click()
  await page.getByRole('heading', { name: 'Bare land ledger' }).waitFor()
  await picture(page, 'ledger-dark-en')
  await accessible(page)
  await page.goto(`${site.url}/record/${ids.plot}`)
  await page.getByText('newest first').waitFor()
  await picture(page, 'record-dark-en')
  await accessible(page)
  await check()
})

test('a server that is gone is told with what is safe and what to do', async () => {
  const { page, context } = await at('/ledger?kind=bare-land')
  await page.getByText('共 3').waitFor()
  await context.setOffline(true)
  await page.getByRole('button', { name: '名称' }).click()
  await page.getByText('无法连接服务器。已保存的内容没有丢失，请检查网络后重试。').waitFor()
  await picture(page, 'ledger-unreachable')
  await accessible(page)
  await context.setOffline(false)
  await page.getByRole('button', { name: '重试' }).click()
  await page.getByRole('alert').waitFor({ state: 'detached' })
  await context.close()
})
