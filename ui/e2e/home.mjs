// A device's home made with the real `shanxun` program, so that the window is tested on what people's devices hold.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'

const bin = process.env.SHANXUN_BIN ?? join(homedir(), '.cache/shanxun/target/debug')
export const application = join(bin, 'shanxun-app')

export function makeHome() {
  const folder = mkdtempSync(join(tmpdir(), 'shanxun-window-'))
  const home = join(folder, 'home')
  const cli = (...args) => JSON.parse(execFileSync(join(bin, 'shanxun'), [...args, '--home', home, '--json'], { encoding: 'utf8' }))
  return {
    folder,
    // The web view keeps language and theme; a test must neither see nor touch those of whoever runs it.
    env: { SHANXUN_HOME: home, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder, XDG_CACHE_HOME: folder },
    cli,
    site: (kind, name, set = {}) => cli('new', 'site', kind, ...Object.entries({ name, ...set }).flatMap(([path, value]) => ['--set', `${path}=${value}`])).id,
    /** Many sites at once. */
    batch(lines) {
      const file = join(folder, 'batch.jsonl')
      writeFileSync(file, lines.map((line) => `${JSON.stringify(line)}\n`).join(''))
      execFileSync(join(bin, 'shanxun'), ['batch', file, '--home', home, '--json'])
    },
    save: (name, bytes) => writeFileSync(join(folder, name), bytes),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
}
