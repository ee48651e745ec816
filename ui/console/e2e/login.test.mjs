// The door of the console: who comes in, who does not, and what he is told.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { accessible, logIn, open, picture, visit } from './browser.mjs'
import { NORTH, PASSWORD, startSite } from './site.mjs'

let site, browser
before(async () => {
  ;[site, browser] = await Promise.all([startSite(), open()])
  site.user('周敏', 'supervisor')
  site.user('李北', 'supervisor', NORTH)
  site.user('张海涛', 'inspector', NORTH)
  site.user('锁', 'supervisor')
})
after(async () => {
  await browser.close()
  await site.end()
})

test('a supervisor logs in and comes to the page he wanted', async () => {
  const { page, context, faults } = await visit(browser, `${site.url}/ledger?kind=noise&since=week`)
  await page.getByRole('heading', { name: '登录' }).waitFor()
  await picture(page, 'login')
  await accessible(page)
  await logIn(page, '周敏', PASSWORD)
  await page.getByRole('heading', { name: '噪声台账' }).waitFor()
  assert.equal(new URL(page.url()).search, '?kind=noise&since=week')
  assert.deepEqual(faults, [])
  await context.close()
})

test('the login survives a reload, is out of reach of scripts, and ends when asked to', async () => {
  const { page, context } = await visit(browser, site.url)
  await logIn(page, '周敏', PASSWORD)
  await page.getByRole('heading', { name: '今日' }).waitFor()
  assert.equal(await page.evaluate(() => document.cookie), '')
  await page.reload()
  await page.getByRole('heading', { name: '今日' }).waitFor()
  const cookie = (await context.cookies(`${site.url}/v1/`))[0]
  await page.getByRole('button', { name: '退出登录' }).click()
  await page.getByRole('heading', { name: '登录' }).waitFor()
  const answer = await fetch(`${site.url}/v1/console/session`, { headers: { cookie: `${cookie.name}=${cookie.value}` } })
  assert.equal(answer.status, 401)
  await context.close()
})

test('a wrong password and a field role are told apart in words, and fields left empty are named', async () => {
  const { page, context } = await visit(browser, site.url)
  await page.getByRole('button', { name: '登录' }).click()
  await page.getByText('请输入用户名和密码。').waitFor()
  await logIn(page, '李北', 'not the password')
  await page.getByText('用户名或密码错误').waitFor()
  await picture(page, 'login-refused')
  await accessible(page)
  await logIn(page, '张海涛', PASSWORD)
  await page.getByText('采集记录请用现场应用', { exact: false }).and(page.getByRole('alert').locator('span')).waitFor()
  await context.close()
})

test('guessing is locked out and the page says how long', async () => {
  const { page, context } = await visit(browser, site.url)
  for (let guess = 0; guess < 5; guess++) {
    const answered = page.waitForResponse((answer) => answer.request().method() === 'POST')
    await logIn(page, '锁', `guess ${guess}`)
    assert.equal((await answered).status(), 401)
    await page.getByRole('button', { name: '登录', disabled: false }).waitFor()
  }
  await logIn(page, '锁', PASSWORD)
  await page.getByText(/失败次数过多，请在 \d+ 秒后重试/).waitFor()
  await context.close()
})

test('an address of another site is not followed after the login', async () => {
  const { page, context } = await visit(browser, `${site.url}/login?next=//example.org/`)
  await logIn(page, '周敏', PASSWORD)
  await page.getByRole('heading', { name: '今日' }).waitFor()
  assert.equal(new URL(page.url()).host, new URL(site.url).host)
  await context.close()
})

test('a page of another site can neither read the login nor use it', async () => {
  const { page, context } = await visit(browser, site.url)
  await logIn(page, '周敏', PASSWORD)
  await page.getByRole('heading', { name: '今日' }).waitFor()
  // The same machine under another name is another site for the browser.
  const other = site.url.replace('127.0.0.1', 'localhost')
  await page.goto(`${other}/icon.svg`)
  const outcome = await page.evaluate(async (url) => {
    const call = (method) => fetch(`${url}/v1/console/session`, { method, credentials: 'include' }).then((a) => a.status, () => 'kept away')
    return [await call('GET'), await call('DELETE')]
  }, site.url)
  assert.deepEqual(outcome, ['kept away', 'kept away'])
  await page.goto(site.url)
  await page.getByRole('heading', { name: '今日' }).waitFor()
  await context.close()
})

test('a login that ended while a page was open leads to the door and back to that page', async () => {
  const { page, context } = await visit(browser, `${site.url}/ledger?kind=noise`)
  await logIn(page, '周敏', PASSWORD)
  await page.getByText('还没有噪声记录').waitFor()
  await context.clearCookies()
  await page.getByRole('link', { name: '入河排污口' }).click()
  await page.getByRole('heading', { name: '登录' }).waitFor()
  await logIn(page, '周敏', PASSWORD)
  await page.getByRole('heading', { name: '入河排污口台账' }).waitFor()
  await context.close()
})
