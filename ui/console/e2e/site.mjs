// A real server with data that real devices made: the programs `sync-server` and `shanxun`, nothing else.
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

const bin = process.env.SHANXUN_BIN ?? join(homedir(), '.cache/shanxun/target/debug')
export const PASSWORD = 'a long password'
export const NORTH = '110118101'
export const SOUTH = '110118103'

/** What the form of an inspection of bare land asks for before it is submitted. */
export const wholeVisit = (town, place) => ({
  town, place, findings: '裸露', conclusion: 'problem', cover_pct: '40', started_at: '2026-11-23T10:00:00+08:00', ended_at: '2026-11-23T10:30:00+08:00',
  'officers/o1/name': '张海涛', 'officers/o1/certificate_no': '1', 'officers/o2/name': '赵立新', 'officers/o2/certificate_no': '2',
  id_shown: 'true', rights_told: 'true',
})

/** A server on a port of its own, ready when this returns. */
export async function startSite() {
  const folder = mkdtempSync(join(tmpdir(), 'shanxun-console-'))
  const data = join(folder, 'server')
  const server = spawn(join(bin, 'sync-server'), ['serve', '--data', data, '--listen', '127.0.0.1:0', '--json'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const [line] = await once(createInterface(server.stdout), 'line')
  const url = JSON.parse(line).listening
  const admin = (...args) => execFileSync(join(bin, 'sync-server'), [...args, '--data', data, '--json'], { encoding: 'utf8', input: `${PASSWORD}\n` })
  return {
    folder,
    url,
    user: (name, role, towns = 'all') => admin('user', 'add', name, '--role', role, '--town', towns, '--password-stdin'),
    /** A device of a user; one who has several gives each a word. */
    device: (name, word = '') => device(join(folder, `home-${name}${word}`), url, JSON.parse(admin('enrol', name)).code),
    async end() {
      server.kill('SIGTERM')
      await once(server, 'exit')
      rmSync(folder, { recursive: true, force: true })
    },
    /** The server goes away, as when a cable is pulled; ends the test's use of it. */
    async kill() {
      server.kill('SIGKILL')
      await once(server, 'exit')
    },
  }
}

/** An enrolled device of a user. */
function device(home, url, code) {
  const cli = (...args) => JSON.parse(execFileSync(join(bin, 'shanxun'), [...args, '--home', home, '--json'], { encoding: 'utf8' }))
  cli('enrol', '--server', url, '--code', code)
  const sets = (values) => Object.entries(values).flatMap(([path, value]) => ['--set', `${path}=${value}`])
  return {
    cli,
    site: (kind, values, ...more) => cli('new', 'site', kind, ...sets(values), ...more).id,
    inspection: (kind, site, values, ...more) => cli('new', 'inspection', kind, '--site', site, ...sets(values), ...more).id,
    set: (id, values) => cli('set', id, ...Object.entries(values).map(([path, value]) => `${path}=${value}`)),
    /** Many records at once. */
    batch(lines) {
      const file = `${home}.jsonl`
      writeFileSync(file, lines.map((line) => `${JSON.stringify(line)}\n`).join(''))
      execFileSync(join(bin, 'shanxun'), ['batch', file, '--home', home, '--json'])
    },
    sync: () => cli('sync'),
  }
}
