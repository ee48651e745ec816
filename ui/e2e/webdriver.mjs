// As much of the WebDriver protocol as the window tests need, over plain HTTP, and the driver's process.
import { spawn } from 'node:child_process'
import { createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

/** How long anything may take to appear; a busy machine of two cores needs some seconds for the first window. */
const PATIENCE_MS = 60_000
const ELEMENT = 'element-6066-11e4-a52e-4f735466cecf'

export function freePort() {
  return new Promise((done, fail) => {
    const server = createServer().on('error', fail)
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address()
      server.close(() => done(port))
    })
  })
}

/** Asks again until the answer is something true. The last complaint is the error. */
export async function eventually(what, ask) {
  const end = Date.now() + PATIENCE_MS
  let complaint = 'nothing yet'
  while (Date.now() < end) {
    try {
      const answer = await ask()
      if (answer) return answer
    } catch (cause) {
      complaint = cause.message
    }
    await sleep(100)
  }
  throw new Error(`waited ${PATIENCE_MS / 1000} s for ${what}: ${complaint}`)
}

/** Opens the app on a home, in a driver of its own; `close` ends both. */
export async function openWindow(application, env) {
  const [port, native] = [await freePort(), await freePort()]
  const driver = spawn('tauri-driver', ['--port', String(port), '--native-port', String(native)], {
    env: { ...process.env, ...env },
    stdio: 'ignore',
    detached: true, // its own group, so that the native driver and the window end with it
  })
  const failed = new Promise((_, fail) => driver.on('error', (e) => fail(new Error(`tauri-driver: ${e.message}; run make setup`))))
  failed.catch(() => {})
  const base = `http://127.0.0.1:${port}`

  async function call(method, path, body) {
    const answer = await fetch(base + path, { method, body: body === undefined ? undefined : JSON.stringify(body) })
    const { value } = await answer.json()
    if (!answer.ok) throw new Error(`${method} ${path}: ${value?.error} ${value?.message}`)
    return value
  }
  const end = () => {
    try {
      process.kill(-driver.pid, 'SIGTERM')
    } catch {
      // It has ended already.
    }
  }

  try {
    await Promise.race([failed, eventually('the driver', () => call('GET', '/status'))])
    const wanted = { capabilities: { alwaysMatch: { 'tauri:options': { application } } } }
    const { sessionId } = await call('POST', '/session', wanted)
    const at = `/session/${sessionId}`
    const run = (script, ...args) => call('POST', `${at}/execute/sync`, { script, args })
    const find = (css) =>
      eventually(css, async () => (await call('POST', `${at}/element`, { using: 'css selector', value: css }))[ELEMENT])
    return {
      run,
      /** Waits until a script of the page gives something true. */
      until: (what, script, ...args) => eventually(what, () => run(script, ...args)),
      click: async (css) => call('POST', `${at}/element/${await find(css)}/click`, {}),
      type: async (css, text) => call('POST', `${at}/element/${await find(css)}/value`, { text }),
      /** Gives files to an input as a person's dialog would. */
      upload: async (css, ...files) => call('POST', `${at}/element/${await find(css)}/value`, { text: files.join('\n') }),
      resize: (width, height) => call('POST', `${at}/window/rect`, { x: 0, y: 0, width, height }),
      picture: async () => Buffer.from(await call('GET', `${at}/screenshot`), 'base64'),
      close: async () => {
        await call('DELETE', at).catch(() => {})
        end()
      },
    }
  } catch (cause) {
    end()
    throw cause
  }
}
