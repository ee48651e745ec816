// The licences of what is built in, as the module `virtual:licences`: the npm packages by `npm ls`, the crates by `cargo metadata`.
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Plugin } from 'vite'

interface Licensed {
  name: string
  version: string
  licence: string
}
const ID = 'virtual:licences'
const root = fileURLToPath(new URL('../..', import.meta.url))
const read = (program: string, args: string[], cwd: string) => execFileSync(program, args, { cwd, encoding: 'utf8', maxBuffer: 1 << 28 })

interface Node {
  path?: string
  dependencies?: { [name: string]: Node }
}
function packages(): Licensed[] {
  const found = new Map<string, Licensed>()
  const visit = (node: Node) => {
    for (const child of Object.values(node.dependencies ?? {})) {
      if (!child.path || found.has(child.path)) continue
      const about = JSON.parse(readFileSync(`${child.path}/package.json`, 'utf8')) as { name: string; version: string; license?: string }
      found.set(child.path, { name: about.name, version: about.version, licence: about.license ?? '' })
      visit(child)
    }
  }
  visit(JSON.parse(read('npm', ['ls', '--omit=dev', '--all', '--json', '--long'], `${root}ui`)) as Node)
  return [...found.values()]
}

/** Whatever the app's own crate needs when it runs, on any platform. */
function crates(): Licensed[] {
  const listed = read('cargo', ['tree', '--package', 'shanxun-app', '--edges', 'normal', '--prefix', 'none', '--format', '{p}\t{l}'], root)
  const lines = new Set(listed.split('\n').map((line) => line.replace(/ \(\*\)$/, '')).filter((line) => line && !line.includes(root)))
  return [...lines].map((line) => {
    const [what = '', licence = ''] = line.split('\t')
    const [name = '', version = ''] = what.split(' ')
    return { name, version: version.replace(/^v/, ''), licence }
  })
}

export function licences(): Plugin {
  return {
    name: 'licences',
    resolveId: (id) => (id === ID ? `\0${ID}` : undefined),
    load: (id) => (id === `\0${ID}` ? `export const packages = ${JSON.stringify(packages())}\nexport const crates = ${JSON.stringify(crates())}` : undefined),
  }
}
