// What the capture tests do in a window, in a person's words.
import { readFileSync, readdirSync, readlinkSync } from 'node:fs'
import { createRequire } from 'node:module'

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const box = (path) => `[data-path="${path}"] :is(input,textarea,select)`

/** A window with a person's gestures on top of WebDriver's. */
export function person(window) {
  const has = (css) => window.run('return document.querySelector(arguments[0]) !== null', css)
  const see = (css) => window.until(css, 'return document.querySelector(arguments[0]) !== null', css)
  return {
    ...window,
    has,
    see,
    text: (css) => window.until(css, 'return document.querySelector(arguments[0])?.innerText', css),
    go: (hash) => window.run('location.hash = arguments[0]', hash),
    tap: async (css) => {
      await see(css)
      await window.run('const e = document.querySelector(arguments[0]); e.scrollIntoView({ block: "center" }); e.click()', css)
    },
    fill: async (path, text) => {
      await see(box(path))
      await window.run('document.querySelector(arguments[0]).scrollIntoView({ block: "center" })', box(path))
      await window.type(box(path), text)
    },
    /** The figures of a number, on the app's own keys. */
    keys: async (path, text) => {
      await see(box(path))
      await window.run('const e = document.querySelector(arguments[0]); e.scrollIntoView({ block: "center" }); e.focus()', box(path))
      for (const key of text) await window.click(`.pad [data-key="${key}"]`)
      await window.run('document.activeElement.blur()')
    },
    /** Waits until what was typed is on the disk, by the mark that says so. */
    saved: () => window.until('the saved mark', 'return document.querySelector("[data-test=saved]")?.dataset.saved'),
    /** The path of the field of the last row of a group. */
    row: (group, name) =>
      window.until(`${group}/…/${name}`, 'return [...document.querySelectorAll("[data-path]")].map((e) => e.dataset.path).filter((p) => p.startsWith(arguments[0] + "/") && p.endsWith("/" + arguments[1])).at(-1)', group, name),
    /** Faults of contrast, names and roles by WCAG A and AA. */
    axe: async () => {
      await window.run(`${AXE}; window.axe = window.axe ?? module?.exports; delete window.__axe; window.axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa'] }).then((r) => { window.__axe = r.violations.map((v) => v.id + ': ' + v.nodes.slice(0, 3).map((n) => n.target.join(' ') + ' ' + n.failureSummary.slice(0, 200)).join(' | ')) })`)
      return window.until('axe', 'return window.__axe')
    },
  }
}

/** Ends the app of a home as a battery that falls out does. */
export function killApp(env) {
  for (const pid of readdirSync('/proc').filter((p) => /^\d+$/.test(p))) {
    try {
      const app = readlinkSync(`/proc/${pid}/exe`).endsWith('/shanxun-app')
      if (app && readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0').includes(`SHANXUN_HOME=${env.SHANXUN_HOME}`)) process.kill(Number(pid), 'SIGKILL')
    } catch {
      // It has ended, or is somebody else's.
    }
  }
}
