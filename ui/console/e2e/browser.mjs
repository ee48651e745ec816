// A real Chromium with nothing in it: one browser a test file, one fresh context a visitor.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { copyFileSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { chromium } from 'playwright-core'

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const FLAGS = [
  '--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync',
]
const DESK = { width: 1440, height: 900 }

/** Every launch has a fresh folder of its own, which playwright makes and removes. */
export const open = () => chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: FLAGS })

/** A visitor with a page; what breaks on the page or is refused by its policy is an error of the test. */
export async function visit(browser, url, { dark = false } = {}) {
  const context = await browser.newContext({ viewport: DESK, locale: 'zh-CN', timezoneId: 'Asia/Shanghai', colorScheme: dark ? 'dark' : 'light' })
  const page = await context.newPage()
  const faults = []
  page.on('pageerror', (error) => faults.push(String(error)))
  page.on('console', (line) => {
    // A refused call is told on the page; the browser's own line about it says nothing more.
    if (line.type() === 'error' && !line.text().startsWith('Failed to load resource')) faults.push(line.text())
  })
  await page.goto(url)
  return { page, context, faults }
}

export async function logIn(page, name, password) {
  await page.getByLabel('用户名').fill(name)
  await page.getByLabel('密码').fill(password)
  await page.getByRole('button', { name: '登录' }).click()
}

/** What axe finds on the page as it stands, in one line a finding. It is injected by the test, past the page's policy. */
export async function accessible(page) {
  await page.evaluate(AXE)
  const { violations } = await page.evaluate(() => globalThis.axe.run({ resultTypes: ['violations'] }))
  const told = violations.flatMap((v) => v.nodes.map((n) => `${v.id}: ${n.target.join(' ')}: ${n.failureSummary}`))
  assert.deepEqual(told, [])
}

/** A real photograph with a place and a time. */
export function photograph(folder, name) {
  const file = join(folder, name)
  copyFileSync('/usr/share/backgrounds/mate/nature/GreenMeadow.jpg', file)
  execFileSync('exiftool', ['-q', '-overwrite_original', '-DateTimeOriginal=2026:11:23 10:05:00', '-GPSLatitude=40.53', '-GPSLatitudeRef=N',
    '-GPSLongitude=117.13', '-GPSLongitudeRef=E', file])
  return file
}

/** A picture for people, where the run asks for some. */
export async function picture(page, name) {
  const folder = process.env.SHANXUN_PICTURES
  if (folder) await page.screenshot({ path: `${folder}/${name}.png` })
}
