// What a photo still lacks as evidence, in the order of what can least be mended later.
import type { PhotoInfo } from '../api/types'

export type Lack = 'position' | 'proves'
export const lacks = (p: Pick<PhotoInfo, 'lat' | 'lon' | 'proves'>): Lack[] => [
  ...(p.lat === null || p.lon === null ? (['position'] as const) : []),
  ...(!p.proves?.trim() ? (['proves'] as const) : []),
]

/** `3f9ac21e…` → `3f9a–c21e`: enough to compare by eye with a stamped copy. */
export const shortHash = (sha256: string): string => `${sha256.slice(0, 4)}–${sha256.slice(4, 8)}`

/** The photo whose view a new one should repeat: the latest of before the treatment, else the latest of all. */
export function ghostOf(photos: PhotoInfo[]): PhotoInfo | null {
  const here = photos.filter((p) => p.takenAt !== null)
  const latest = (list: PhotoInfo[]) => [...list].sort((a, b) => (a.takenAt ?? '').localeCompare(b.takenAt ?? '')).at(-1) ?? null
  return latest(here.filter((p) => p.stage === 'before')) ?? latest(here)
}

/** How the camera should turn to look where the earlier photo looked: degrees, positive to the right. */
export function turn(now: number, before: number): number {
  return ((((before - now) % 360) + 540) % 360) - 180
}
