// The list that `licences.ts` beside the build's configuration makes.
declare module 'virtual:licences' {
  export interface Licensed {
    name: string
    version: string
    licence: string
  }
  export const packages: Licensed[]
  export const crates: Licensed[]
}
