// The only module that talks to the device library through Tauri; everything else sees plain functions and types.
import { convertFileSrc, invoke } from '@tauri-apps/api/core'
import { listen } from '@tauri-apps/api/event'
import type * as T from './types'

export type * from './types'

/** A refusal of the device library: the code decides what the screen says; the device's own sentence stands under it. */
export class Refusal extends Error {
  constructor(
    readonly code: string,
    readonly says: T.Label,
  ) {
    super(`${code}: ${says.en}`)
  }
}

async function call<R>(command: string, args?: { [key: string]: unknown }): Promise<R> {
  try {
    return await invoke<R>(command, args)
  } catch (cause) {
    throw asRefusal(cause)
  }
}

/** Bytes go beside their description: the description in a header, as ASCII. */
async function send<R>(command: string, bytes: Blob, about: unknown): Promise<R> {
  try {
    const body = new Uint8Array(await bytes.arrayBuffer())
    return await invoke<R>(command, body, { headers: { about: encodeURIComponent(JSON.stringify(about)) } })
  } catch (cause) {
    throw asRefusal(cause)
  }
}

/** What was thrown, as a refusal. Anything that is not `{code, message}` did not come from our own code. */
export function asRefusal(cause: unknown): Refusal {
  if (cause instanceof Refusal) return cause
  if (typeof cause === 'object' && cause !== null && 'code' in cause && 'message' in cause) {
    const { code, message } = cause as T.ApiError
    return new Refusal(code, message)
  }
  return new Refusal('unknown', { zh: String(cause), en: String(cause) })
}

// Ledger, records
export const ledger = (query: T.LedgerQuery) => call<T.LedgerPage>('ledger', { query })
export const record = (id: string) => call<T.Record>('record', { id })
export const counts = () => call<T.Counts>('counts')
export const about = () => call<T.About>('about')
export const today = () => call<T.Today>('today')
export const sitePage = (id: string) => call<T.SitePage>('site_page', { id })
export const history = (id: string) => call<T.HistoryLine[]>('history', { id })
/** The states of a kind, and the townships: what the ledger is filtered by. */
export const states = (kind: string) => call<T.Choice[]>('states', { kind })
export const towns = () => call<T.Choice[]>('towns')
/** Notes where the person is, so that the app reopens there; `today().place` gives it back. */
export const remember = (place: string) => call<void>('remember', { place })

// Filling in
export const createSite = (kind: string, fields: T.Typed[]) => call<string>('create_site', { kind, fields })
export const createInspection = (site: string) => call<string>('create_inspection', { site })
export const form = (id: string) => call<T.FormState>('form', { id })
/** Saves; what is in the answer is on the disk, except the texts it lists as `rejected`. */
export const setFields = (id: string, fields: T.Typed[]) => call<T.FormState>('set_fields', { id, fields })
export const addRow = (id: string, group: string) => call<T.AddedRow>('add_row', { id, group })
export const removeRow = (id: string, group: string, row: string) =>
  call<T.FormState>('remove_row', { id, group, row })
export const copyLastVisit = (id: string) => call<T.Copied>('copy_last_visit', { id })
export const moveRecord = (id: string, to: string, note: string | null) =>
  call<T.FormState>('move_record', { id, to, note })
export const deleteRecord = (id: string, deleted: boolean) => call<void>('delete_record', { id, deleted })
export const sign = (id: string, signature: T.SignatureInput) => call<T.FormState>('sign', { id, signature })
export const refuseSignature = (id: string, reason: string, witness: T.SignatureInput | null) =>
  call<T.FormState>('refuse_signature', { id, reason, witness })
/** Changes a record that was submitted: visible, with its reason. */
export const correct = (id: string, fields: T.Typed[], reason: string) =>
  call<T.FormState>('correct', { id, fields, reason })
export const leaveList = (id: string) => call<T.LeaveList>('leave_list', { id })
/** Reads levels that were typed or pasted. */
export const noiseSeries = (text: string) => call<T.NoiseSeries>('noise_series', { text })
/** Reads the CSV of a meter. */
export const noiseFile = (file: Blob) => send<T.NoiseSeries>('noise_file', file, {})

// Photos
export const photos = (record: string) => call<T.PhotoInfo[]>('photos', { record })
export const addPhoto = (picture: Blob, shot: T.Shot) => send<T.AddedPhoto>('add_photo', picture, shot)
export const removePhoto = (record: string, photo: string) =>
  setFields(record, [{ path: `photos/${photo}`, text: 'false' }])
export type PhotoCopy = 'thumbnail' | 'view' | 'stamped' | 'original'
/** Where the web view finds a picture: a scheme of our own, answered from the device's copies. */
export const photoUrl = (photo: string, copy: PhotoCopy) => convertFileSrc(`${photo}/${copy}`, 'photo')
export const thumbnail = (photo: string) => photoUrl(photo, 'thumbnail')

// Position and walking
export const position = () => call<T.PositionState>('position')
/** Switches the receiver on or off; it stays off by itself, for the battery. */
export const watchPosition = (on: boolean) => call<T.PositionState>('watch_position', { on })
export const onPosition = (heard: (state: T.PositionState) => void) =>
  listen<T.PositionState>('position', (event) => heard(event.payload))
/** Hands in a fix of the platform's own receiver. */
export const deviceFix = (fix: T.DeviceFix) => call<T.PositionState>('device_fix', { fix })
export const startAverage = () => call<T.PositionState>('start_average')
export const usePosition = (use: T.UsePosition) => call<T.FormState>('use_position', { use: use })
export const walk = () => call<T.Walk | null>('walk')
export const onWalk = (heard: (walk: T.Walk | null) => void) =>
  listen<T.Walk | null>('walk', (event) => heard(event.payload))
export const startWalk = (record: string, path: string) => call<T.Walk>('start_walk', { record, path })
/** Makes a patrol and begins to record its track; gives the walk, whose `record` is the patrol. */
export const startPatrol = () => call<T.Walk>('start_patrol')
/** Adds the last fix as a corner, by hand. */
export const markPoint = () => call<T.Walk>('mark_point')
export const pauseWalk = (paused: boolean) => call<T.Walk>('pause_walk', { paused })
export const undoWalk = () => call<T.Walk>('undo_walk')
/** Writes the shape to the field and ends the walk. */
export const finishWalk = () => call<T.FormState>('finish_walk')
export const discardWalk = () => call<void>('discard_walk')

// Map
export const mapSites = (query: T.MapQuery) => call<T.MapPage>('map_sites', { query })
/** The district's outline, GeoJSON. */
export const outline = () => call<unknown>('outline')
export const baseMaps = () => call<T.BaseMap[]>('base_maps')
/** Copies a PMTiles or MBTiles file into the home. */
export const importMap = (file: string) => call<T.BaseMap>('import_map', { file })
export const setMapDatum = (id: string, datum: 'wgs84' | 'gcj02') => call<T.BaseMap[]>('set_map_datum', { id, datum })
export const removeMap = (id: string) => call<T.BaseMap[]>('remove_map', { id })
/** For MapLibre's `tiles`: every format is served tile by tile, unpacked. */
export const tileUrl = (map: string) => `${convertFileSrc('', 'tiles')}${encodeURIComponent(map)}/{z}/{x}/{y}`
/** For the pmtiles library: the file itself, by range. */
export const mapFileUrl = (map: string) => `${convertFileSrc('', 'tiles')}${encodeURIComponent(map)}`
/** Shifts coordinates ([lon, lat]) from one datum to another: for base maps in GCJ-02. */
export const shift = (points: [number, number][], from: string, to: string) =>
  call<[number, number][]>('shift', { points, from, to })

// Sync and conflicts
export const syncState = () => call<T.SyncState>('sync_state')
export const onSync = (heard: (state: T.SyncState) => void) =>
  listen<T.SyncState>('sync', (event) => heard(event.payload))
/** Syncs now; `originals` sends them over a metered link too. */
export const syncNow = (originals: boolean) => call<T.SyncState>('sync_now', { originals })
export const refusals = () => call<T.Refusal[]>('refusals')
export const conflicts = (record: string | null) => call<T.Conflict[]>('conflicts', { record })
export const resolve = (decision: T.Decision) => call<void>('resolve', { decision })

// Settings
export const start = () => call<T.Start>('start')
/** Opens a home whose key is a passphrase, or makes a new one with it. */
export const unlock = (passphrase: string) => call<T.Start>('unlock', { passphrase })
/** A home of its own with invented sites; needs no server. */
export const openDemo = (on: boolean) => call<T.Start>('open_demo', { on })
export const settings = () => call<T.AppSettings>('settings')
export const saveSettings = (settings: T.AppSettings) => call<T.AppSettings>('save_settings', { settings })
export const readCode = (text: string) => call<T.EnrolCode>('read_code', { text })
/** Reads the code from a picture of its QR code. */
export const readQr = (picture: Blob) => send<T.EnrolCode>('read_qr', picture, {})
export const enrol = (server: string, code: string) => call<T.Enrolment>('enrol', { server, code })
export const storage = () => call<T.Storage>('storage')
/** Drops originals here that the server gave a receipt for, never others. */
export const freeOriginals = () => call<T.Storage>('free_originals')
export const selfCheck = () => call<T.HomeFault[]>('self_check')
/** `csv`, `xlsx`, `geojson` or `gpkg`; `file` null asks the person where. Null if they thought better of it. */
export const exportLedger = (format: string, file: string | null) =>
  call<T.Written | null>('export_ledger', { format, file })
export const rescue = (passphrase: string, file: string | null) =>
  call<T.Written | null>('rescue', { passphrase, file })
/** The system's dialog for a file to open; null if the person thought better of it. */
export const pickFile = (endings: string[]) => call<string | null>('pick_file', { endings })
