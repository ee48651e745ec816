// A real server for the window tests: its own folder, its own port, ended with the test.
import { execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { eventually, freePort } from './webdriver.mjs'

const program = join(process.env.SHANXUN_BIN ?? join(homedir(), '.cache/shanxun/target/debug'), 'sync-server')

export async function startServer() {
  const data = mkdtempSync(join(tmpdir(), 'shanxun-server-'))
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  let child
  async function start() {
    child = spawn(program, ['serve', '--data', data, '--listen', `127.0.0.1:${port}`], { stdio: 'ignore' })
    await eventually('the server', async () => (await fetch(`${url}/v1/ready`)).ok)
  }
  const stop = () => new Promise((done) => {
    if (child.exitCode !== null || child.signalCode !== null) return done()
    child.once('exit', done)
    child.kill('SIGKILL')
  })
  const run = (...args) => execFileSync(program, [...args, '--data', data], { encoding: 'utf8' })
  await start()
  return {
    url,
    start,
    stop,
    user: (name, role = 'inspector') => run('user', 'add', name, '--role', role, '--town', 'all'),
    /** A code and the address to use it at. */
    enrol: (name) => JSON.parse(run('enrol', name, '--url', url, '--json')),
    remove: async () => {
      await stop()
      rmSync(data, { recursive: true, force: true })
    },
  }
}
