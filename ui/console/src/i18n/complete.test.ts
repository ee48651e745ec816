import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import en from './en'
import zh from './zh'

const paths = (o: object, at = ''): string[] =>
  Object.entries(o).flatMap(([k, v]) => (typeof v === 'string' ? [`${at}${k} ${(v.match(/\{\w+\}/g) ?? []).sort()}`] : paths(v, `${at}${k}.`)))

test('English says everything Chinese says, with the same blanks', () => {
  expect(paths(en)).toEqual(paths(zh))
})

test('every word that a page asks for by its full name is there', () => {
  const folder = join(import.meta.dirname, '..')
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.vue'))
  const asked = files.flatMap((name) => [...readFileSync(join(folder, name), 'utf8').matchAll(/\bt\('([\w.-]+)'/g)].map((found) => found[1]))
  const known = new Set(paths(zh).map((path) => path.split(' ')[0]))
  expect(asked.length).toBeGreaterThan(50)
  expect(asked.filter((name) => !known.has(name))).toEqual([])
})
