// All words of a language: one file an area, named after it, the same files in zh/ and en/. A test compares the two.
export type Tree = { readonly [key: string]: string | Tree }
type Area = { default: Tree }

const gather = (files: { [path: string]: Area }) =>
  Object.fromEntries(Object.entries(files).map(([path, area]) => [path.replace(/^.*\/|\.ts$/g, ''), area.default]))

export const zh = gather(import.meta.glob<Area>('./zh/*.ts', { eager: true }))
export const en = gather(import.meta.glob<Area>('./en/*.ts', { eager: true }))
