// Generated from src-tauri/src/view.rs: `make types`. Do not edit.

export type Label = {
  /** Chinese. */
  zh: string,
  /** English. */
  en: string
}

export type Custody = "device" | "relay" | "server";

export type State = {
  /** Its id. */
  id: string,
  /** Its word. */
  label: Label,
  /** Whether people disagree about it; then no single word may stand for it. */
  contested: boolean
}

export type Fact = {
  /** Where it is stored. */
  path: string,
  /** What the field is called. */
  label: Label,
  /** What the field holds: `text`, `decimal`, `point` … */
  type: string,
  /** Unit of a number. */
  unit: string | null,
  /** The value; geometry as GeoJSON. */
  value: unknown,
  /** The words of a choice, a township or a village, which stand for the value. */
  words: Array<Label>,
  /** Whether it was computed: then it may be rounded for reading, while a typed number never is. */
  derived: boolean
}

export type NearBy = {
  /** Degrees. */
  lat: number,
  /** Degrees. */
  lon: number,
  /** Radius, kilometres. */
  km: number
}

export type LedgerQuery = {
  /** Only this kind. */
  kind: string | null,
  /** Words that all occur; empty for all. Initials of the pinyin count too. */
  search: string,
  /** Only this state. */
  state: string | null,
  /** Only this township, 9 digits. */
  town: string | null,
  /** Only sites whose deadline is over and that are not done with. */
  overdue: boolean,
  /** Only within so many kilometres of a place, the nearest first. */
  near: NearBy | null,
  /** Rows to pass over. */
  offset: number,
  /** Rows wanted. */
  limit: number
}

export type LedgerRow = {
  /** Its id. */
  id: string,
  /** Its kind. */
  kind: string,
  /** What it is called; empty while it has no name. */
  title: string,
  /** Its state; of a state in conflict the most cautious. */
  state: State | null,
  /** The few facts under the title. */
  facts: Array<Fact>,
  /** How far it has come. */
  custody: Custody,
  /** Fields in conflict. */
  conflicts: number,
  /** Metres from the place asked for. */
  distanceM: number | null,
  /** Whether its deadline is over and it is not done with. */
  overdue: boolean
}

export type LedgerPage = {
  /** Its rows. */
  rows: Array<LedgerRow>,
  /** Rows of all pages. */
  total: number
}

export type KindCount = {
  /** The kind. */
  kind: string,
  /** What it is called. */
  label: Label,
  /** How many. */
  n: number
}

export type Counts = {
  /** Of all kinds. */
  all: number,
  /** By kind, those without any included. */
  kinds: Array<KindCount>
}

export type Rival = {
  /** The value. */
  value: unknown,
  /** Its words, if it is a choice. */
  words: Array<Label>,
  /** Who wrote it. */
  author: string | null,
  /** On which device. */
  device: string | null,
  /** When, by that device's clock. */
  at: string | null
}

export type Judgement = {
  /** `compliant`, `not-judged`, `cannot-be-judged`, `exceeds`, `void`. */
  verdict: string,
  /** The value that was compared, after correction and rounding. */
  value: string | null,
  /** Its unit. */
  unit: string,
  /** The limit alone, with its sign: `≤ 60`. */
  bound: string | null,
  /** The standard with its year. */
  standard: string,
  /** The table in it, if any. */
  table: string,
  /** The clause in it, if any. */
  clause: string,
  /** `high`, `medium`, `low` or `unverified`. */
  confidence: string,
  /** The code of the reason. */
  reasonCode: string | null,
  /** The limit with its unit, standard and table. */
  limit: string | null,
  /** Why it could not be judged, or a caveat. */
  reason: Label | null,
  /** What is not settled about the limit. */
  doubt: string | null
}

export type Field = {
  /** What is shown. */
  fact: Fact,
  /** What it is worth. */
  judgement: Judgement | null,
  /** All the values, where there are several; the shown one is among them. */
  rivals: Array<Rival>
}

export type Group = {
  /** Its heading, if it has one. */
  label: Label | null,
  /** Which row, from 1. */
  row: number | null,
  /** Its fields. */
  fields: Array<Field>
}

export type Section = {
  /** Its name in the form. */
  id: string,
  /** Its heading. */
  label: Label,
  /** Its groups. */
  groups: Array<Group>
}

export type Photo = {
  /** The photo document, which also names its thumbnail. */
  id: string,
  /** What it proves. */
  proves: string | null,
  /** How far it has come. */
  custody: Custody
}

export type Record = {
  /** Its id. */
  id: string,
  /** Its type. */
  type: string,
  /** Its kind. */
  kind: string,
  /** What the form calls its kind. */
  kindLabel: Label,
  /** What it is called. */
  title: string,
  /** Its state. */
  state: State | null,
  /** Its local code. */
  code: string | null,
  /** Its township. */
  town: Label | null,
  /** How far it has come with all its photos. */
  custody: Custody,
  /** Fields in conflict. */
  conflicts: number,
  /** What is filled in, by section of the form. */
  sections: Array<Section>,
  /** Its pictures. */
  photos: Array<Photo>
}

export type About = {
  /** Of this program. */
  version: string,
  /** Where the data lies. */
  home: string,
  /** Who works with it, once enrolled. */
  user: string | null,
  /** The server, once enrolled. */
  server: string | null,
  /** Records on this device. */
  records: number
}

export type ApiError = {
  /** Stable, for programs. */
  code: string,
  /** What the device says. */
  message: Label
}

export type Typed = {
  /** Where. */
  path: string,
  /** What, read by the field's type: times as RFC 3339, lists and geometry as JSON, choices by id. Empty empties it. */
  text: string
}

export type Problem = {
  /** The field, row group or section it is about. */
  path: string,
  /** Stable: `required`, `range`, `type`, `rows` or the code of the form's rule. */
  code: string,
  /** `error` holds submitting up, `warning` does not. */
  severity: string,
  /** What is wrong and what to do. */
  says: Label
}

export type Remark = {
  /** Its id. */
  id: string,
  /** The field it hangs on. */
  path: string,
  /** Its words. */
  text: string,
  /** Whether it must be dealt with. */
  must: boolean,
  /** Who wrote it. */
  author: string | null,
  /** When. */
  at: string | null
}

export type Correction = {
  /** The field. */
  path: string,
  /** What it is called. */
  label: Label,
  /** What was signed, as typed. */
  was: string,
  /** What it should be, as typed. */
  text: string,
  /** Why. */
  reason: string,
  /** Who says so. */
  author: string | null,
  /** When. */
  at: string | null
}

export type Choice = {
  /** What is stored. */
  id: string,
  /** What is shown. */
  label: Label
}

export type FormField = {
  /** Where it is stored. */
  path: string,
  /** What it is called. */
  label: Label,
  /** How to fill it. */
  hint: Label | null,
  /** `text` `int` `decimal` `bool` `choice` `choices` `date` `timestamp` `moment` `point` `line` `polygon` `document`
 * `signature-image` `series` `verdict`. */
  type: string,
  /** Unit of its number. */
  unit: string | null,
  /** What a choice may be; townships and villages for those codes. */
  choices: Array<Choice>,
  /** Needed before the record is submitted. */
  required: boolean,
  /** Not asked for now. */
  hidden: boolean,
  /** Computed, not written by anybody. */
  derived: boolean,
  /** Masked when it is read only. */
  sensitive: boolean,
  /** Smallest number allowed. */
  min: string | null,
  /** Largest number allowed. */
  max: string | null,
  /** The value; geometry as GeoJSON. */
  value: unknown,
  /** The value as it would be typed; empty if there is none. */
  text: string,
  /** The words of a choice, a township or a village. */
  words: Array<Label>,
  /** What it is worth. */
  judgement: Judgement | null,
  /** What is wrong with it. */
  problems: Array<Problem>,
  /** What a supervisor said about it. */
  remarks: Array<Remark>,
  /** Whether it has several values nobody decided between. */
  contested: boolean
}

export type FormRow = {
  /** Its id in paths: `points/<id>/name`. */
  id: string,
  /** Which, from 1. */
  n: number,
  /** Its fields. */
  fields: Array<FormField>
}

export type CheckItem = {
  /** `ok`, `problem` or `n/a`. */
  answer: FormField,
  /** What is to be said about it. */
  note: FormField | null
}

export type CheckPart = {
  /** Its id. */
  id: string,
  /** Its heading. */
  label: Label,
  /** The clauses behind it. */
  basis: string,
  /** Its items. */
  items: Array<CheckItem>
}

export type FormItem = { "item": "field",
  /** It. */
  field: FormField, } | { "item": "group",
  /** Its id. */
  id: string,
  /** Its heading. */
  label: Label,
  /** Its fields. */
  fields: Array<FormField>, } | { "item": "rows",
  /** Its id. */
  id: string,
  /** Its heading. */
  label: Label,
  /** The fewest rows needed. */
  minRows: number,
  /** Not asked for now. */
  hidden: boolean,
  /** Its rows. */
  rows: Array<FormRow>,
  /** What is wrong with the group itself. */
  problems: Array<Problem>, } | { "item": "checklist",
  /** Its id. */
  id: string,
  /** Its heading. */
  label: Label,
  /** Its groups. */
  parts: Array<CheckPart>, } | { "item": "photos",
  /** Its id. */
  id: string,
  /** Its heading. */
  label: Label,
  /** The fewest needed. */
  minRows: number,
  /** What is wrong with the set. */
  problems: Array<Problem>
}

export type FormSection = {
  /** Its name. */
  id: string,
  /** Its heading. */
  label: Label,
  /** Not shown now. */
  hidden: boolean,
  /** What holds submitting up in it. */
  errors: number,
  /** What is to be looked at in it. */
  warnings: number,
  /** Remarks on its fields. */
  remarks: number,
  /** What it holds. */
  items: Array<FormItem>
}

export type MoveOption = {
  /** The state it leads to. */
  to: string,
  /** What it is called. */
  label: Label,
  /** What it still lacks; empty if it may be taken now. */
  missing: Array<Lacking>
}

export type Lacking = {
  /** For programs. */
  code: string,
  /** The field to mend, if it is one. */
  path: string | null,
  /** What to do. */
  says: Label
}

export type Rejected = {
  /** Which field. */
  path: string,
  /** The code. */
  code: string,
  /** What is wrong and what to type instead. */
  says: Label
}

export type Named = {
  /** Its id. */
  id: string,
  /** What it is called. */
  title: string,
  /** When it was, if it is a visit. */
  at: string | null
}

export type FormState = {
  /** Its id. */
  id: string,
  /** Its type. */
  type: string,
  /** Its kind. */
  kind: string,
  /** What the kind is called. */
  kindLabel: Label,
  /** What it is called. */
  title: string,
  /** Its state. */
  state: State | null,
  /** How far it has come. */
  custody: Custody,
  /** Its site, for an inspection or a task. */
  site: Named | null,
  /** When this device last saved it, RFC 3339; the save is on the disk. */
  savedAt: string | null,
  /** Why it cannot be written: `submitted` or `deleted`. */
  locked: string | null,
  /** Its sections: the steps. */
  sections: Array<FormSection>,
  /** Everything to mend or to look at. */
  problems: Array<Problem>,
  /** Every remark that is open. */
  remarks: Array<Remark>,
  /** What was said about it after it was submitted; what was signed stays as it is. */
  corrections: Array<Correction>,
  /** What the user may do with it. */
  moves: Array<MoveOption>,
  /** How many fields are contested. */
  conflicts: number,
  /** The last visit of the same site, from which may be copied. */
  lastVisit: Named | null,
  /** What of the texts given did not fit. */
  rejected: Array<Rejected>
}

export type Copied = {
  /** From where. */
  from: Named,
  /** The paths that were copied; what was filled in already stays. */
  paths: Array<string>,
  /** The form now. */
  form: FormState
}

export type AddedRow = {
  /** Its id. */
  row: string,
  /** The form now. */
  form: FormState
}

export type SignatureInput = {
  /** Who signs. */
  name: string,
  /** `officer`, `recorder`, `party` or `witness`. */
  role: string,
  /** The drawn lines, a `data:image/png;base64,` or `data:image/svg+xml;base64,` address of at most 48 KiB. */
  image: string
}

export type LeaveLine = {
  /** The field a tap leads to; of another document if `record` is not the one asked for. */
  path: string,
  /** The document of the field: the record or one of its photos. */
  record: string,
  /** Stable. */
  code: string,
  /** `submit` (submitting waits for it), `case` (a sound case file needs it), `look` (a doubt). */
  weight: string,
  /** Whether it can only be done here and now, on site. */
  onlyHere: boolean,
  /** What is missing and what to do. */
  says: Label
}

export type LeaveList = {
  /** What is left, first what cannot be done later. */
  lines: Array<LeaveLine>,
  /** What is done, in words. */
  done: Array<Label>,
  /** Whether it may be submitted now. */
  maySubmit: boolean
}

export type NoiseSeries = {
  /** The levels, dB, as they were read; `text` of a series field is this list as JSON. */
  samples: Array<string>,
  /** What to write to a `series` field. */
  text: string,
  /** Figures in dB, one decimal. */
  leqDb: string,
  /** Exceeded 10 % of the time. */
  l10Db: string,
  /** Exceeded half of the time. */
  l50Db: string,
  /** Exceeded 90 % of the time. */
  l90Db: string,
  /** The highest. */
  lmaxDb: string,
  /** The lowest. */
  lminDb: string,
  /** The column of a meter's file it came from, if there were headings. */
  column: string | null,
  /** Lines that held no level. */
  skipped: number
}

export type Card = {
  /** Its id. */
  id: string,
  /** Its type. */
  type: string,
  /** Its kind. */
  kind: string,
  /** What it is called. */
  title: string,
  /** Its state. */
  state: State | null,
  /** How far it has come. */
  custody: Custody,
  /** Its township. */
  town: Label | null,
  /** The latest write, RFC 3339. */
  updated: string,
  /** Until when, `YYYY-MM-DD`. */
  due: string | null,
  /** Whether that is over. */
  overdue: boolean,
  /** Its site. */
  site: string | null,
  /** Remarks that are open. */
  remarks: Array<Remark>,
  /** How many things hold submitting up. */
  errors: number
}

export type Where = {
  /** All. */
  all: number,
  /** The server gave a receipt. */
  server: number,
  /** A relay gave one. */
  relay: number,
  /** On this device only. */
  device: number
}

export type CustodyCard = {
  /** Records. */
  records: Where,
  /** Photos, by their originals. */
  photos: Where,
  /** Bytes of the originals that are not on the server. */
  bytesLeft: number,
  /** When the oldest change that waits was made, RFC 3339. */
  waitingSince: string | null,
  /** When everything last went through, RFC 3339. */
  lastSyncAt: string | null,
  /** The code of what stopped the last sync: `offline`, `unauthorised` …; `not-enrolled` before enrolment. */
  why: string | null,
  /** The same as a sentence. */
  says: Label | null
}

export type Today = {
  /** Who works here, once enrolled. */
  user: string | null,
  /** Open tasks, the next due first. */
  tasks: Array<Card>,
  /** Drafts, the last written first. */
  drafts: Array<Card>,
  /** Records that came back, with their remarks. */
  returned: Array<Card>,
  /** Records in conflict. */
  conflicts: number,
  /** Own changes the server refused. */
  refused: number,
  /** Where everything is. */
  custody: CustodyCard,
  /** The kinds, with how many sites each has. */
  kinds: Array<KindCount>,
  /** Where the person was when the app was last closed, as the screens noted it. */
  place: string | null
}

export type Visit = {
  /** The inspection. */
  id: string,
  /** When it began, RFC 3339. */
  at: string | null,
  /** Its state. */
  state: State | null,
  /** What was concluded. */
  conclusion: Label | null,
  /** The officers' names. */
  officers: Array<string>,
  /** Values over their limits. */
  exceeded: number,
  /** The gravest verdict, if anything was judged. */
  verdict: string | null,
  /** Its photos. */
  photos: number,
  /** How far it has come. */
  custody: Custody
}

export type SitePage = {
  /** What is filled in. */
  record: Record,
  /** Its position as a GeoJSON point. */
  position: unknown,
  /** Its boundary as a GeoJSON polygon: its own, else that of the latest visit that has one. */
  boundary: unknown,
  /** What the user may do with it. */
  moves: Array<MoveOption>,
  /** Its visits, the latest first. */
  visits: Array<Visit>,
  /** Photos of the site and of its visits, in the order they were taken. */
  photos: Array<PhotoInfo>,
  /** Its tasks, the next due first. */
  tasks: Array<Card>,
  /** Whether its deadline is over and it is not done with. */
  overdue: boolean,
  /** Whether it was deleted. */
  deleted: boolean
}

export type HistoryLine = {
  /** The device's number. */
  device: number,
  /** The change's number there. */
  seq: number,
  /** Who; empty before enrolment. */
  author: string,
  /** When, by that device's clock, RFC 3339. */
  at: string | null,
  /** Which clock: `device`, `gnss` or `server`. */
  clock: string | null,
  /** Where the device was, GeoJSON. */
  position: unknown,
  /** `applied`, `refused`, `waiting` or `unsent`. */
  status: string,
  /** Why it was refused. */
  reason: Label | null,
  /** What it wrote. */
  wrote: Array<WroteLine>
}

export type WroteLine = {
  /** Where. */
  path: string,
  /** What the field is called. */
  label: Label,
  /** What. */
  value: unknown,
  /** Its words, if it is a choice. */
  words: Array<Label>
}

export type PhotoInfo = {
  /** The photo document: its fields are edited by `setFields(id, …)`, its pictures are `photoUrl(id, copy)`. */
  id: string,
  /** The record it belongs to. */
  of: string,
  /** What it proves. */
  proves: string | null,
  /** `before`, `during` or `after` the treatment. */
  stage: string | null,
  /** When, RFC 3339. */
  takenAt: string | null,
  /** By which clock: `device`, `gnss`, `exif`, `exif-local` (the camera's, its offset assumed). */
  takenAtSource: string | null,
  /** Where, degrees. */
  lat: number | null,
  /** Degrees. */
  lon: number | null,
  /** `gnss`, `network`, `exif` (from the file), `manual` (from the map), `unknown`; null without a position. */
  positionSource: string | null,
  /** Metres, 68 %. */
  accuracyM: number | null,
  /** How old the fix was at the shutter, seconds. */
  ageS: number | null,
  /** Degrees clockwise from north. */
  bearingDeg: number | null,
  /** Who took it. */
  photographer: string | null,
  /** Hex SHA-256 of the original. */
  sha256: string,
  /** Of the original. */
  sizeBytes: number | null,
  /** Pixels, the right way up. */
  widthPx: number | null,
  /** Pixels. */
  heightPx: number | null,
  /** The name it came with. */
  fileName: string | null,
  /** Whether the original is on this device. */
  here: boolean,
  /** How far the original has come. */
  custody: Custody,
  /** Why it cannot be sent, if it cannot. */
  problem: string | null,
  /** Metres from the site's boundary, or from its position without one. */
  fromSiteM: number | null
}

export type Shot = {
  /** The record it belongs to. */
  record: string,
  /** The file's name. */
  fileName: string,
  /** `camera`: taken now, the device's fix counts. `file`: an older picture, only its EXIF counts. */
  origin: string,
  /** What it proves. */
  proves: string | null,
  /** `before`, `during` or `after`. */
  stage: string | null,
  /** Where the camera looked, if the device knows: degrees clockwise from north. */
  bearingDeg: number | null,
  /** Who took it; the device's user without it. */
  photographer: string | null
}

export type AddedPhoto = {
  /** Its document. */
  id: string,
  /** True if the record had the same picture already; nothing was added then. */
  known: boolean,
  /** What is known of it. */
  photo: PhotoInfo
}

export type Fix = {
  /** Degrees, WGS-84. */
  lat: number,
  /** Degrees. */
  lon: number,
  /** Metres, 68 %. */
  accuracyM: number | null,
  /** Seconds since it was taken. */
  ageS: number,
  /** `gnss`, `network` or `manual`. */
  source: string,
  /** When, by the receiver's clock, RFC 3339. */
  at: string | null,
  /** Metres above the ellipsoid. */
  heightM: number | null,
  /** Metres a second. */
  speedMps: number | null,
  /** Direction of movement, degrees clockwise from north. */
  headingDeg: number | null,
  /** Whether it is good enough to be used without a reason. */
  good: boolean,
  /** The position as a `point` field takes it. */
  text: string
}

export type Average = {
  /** Fixes so far. */
  count: number,
  /** Fixes needed. */
  minimum: number,
  /** Where, once there are enough. */
  fix: Fix | null
}

export type PositionState = {
  /** `off`, `connecting`, `searching` (no fix yet), `fix`, `stale` (the last fix is old), `fault`. */
  status: string,
  /** Where it comes from: `gpsd`, `nmea`, `device` or `none`. */
  source: string,
  /** The last fix that may be used. */
  fix: Fix | null,
  /** Satellites used, if the receiver says. */
  satellites: number | null,
  /** Metres above which a fix needs a reason. */
  gateM: number,
  /** Averaging under way. */
  average: Average | null,
  /** Fixes that were refused because a program made them up. */
  mocked: number,
  /** What is wrong. */
  error: ApiError | null
}

export type DeviceFix = {
  /** Degrees. */
  lat: number,
  /** Degrees. */
  lon: number,
  /** Metres, 68 %. */
  accuracyM: number | null,
  /** When, milliseconds since 1970. */
  unixMs: number,
  /** Whether a program made it up. */
  mocked: boolean
}

export type UsePosition = {
  /** The record. */
  record: string,
  /** Its field of type `point`. */
  path: string,
  /** `fix` (the last one), `average` or `map`. */
  from: string,
  /** Degrees, for `map`. */
  lat: number | null,
  /** Degrees, for `map`. */
  lon: number | null,
  /** Why a poor fix is used all the same. */
  reason: string | null
}

export type WalkPoint = {
  /** Degrees. */
  lat: number,
  /** Degrees. */
  lon: number,
  /** Metres, 68 %. */
  accuracyM: number | null,
  /** False for a poor fix: shown and counted, no part of the shape. */
  used: boolean
}

export type Walk = {
  /** `boundary` or `patrol`. */
  purpose: string,
  /** The document whose field it fills. */
  record: string,
  /** The field: `boundary` or `track`. */
  path: string,
  /** Whether it pauses. */
  paused: boolean,
  /** When it began, RFC 3339. */
  startedAt: string,
  /** Its points. */
  points: Array<WalkPoint>,
  /** Points that are part of the shape. */
  used: number,
  /** Poor fixes. */
  poor: number,
  /** Metres walked. */
  lengthM: number,
  /** Square metres if it were closed now. */
  areaM2: number | null,
  /** One standard deviation of that. */
  uncertaintyM2: number | null,
  /** Metres from the last point back to the first. */
  gapM: number | null,
  /** Why it cannot be closed now. */
  problem: Label | null
}

export type MapQuery = {
  /** West, south, east, north in degrees of WGS-84; all without it. */
  bbox: [number, number, number, number] | null,
  /** Only this kind. */
  kind: string | null,
  /** Only this state. */
  state: string | null,
  /** Sites to pass over. */
  offset: number,
  /** Sites wanted, at most 20,000. */
  limit: number
}

export type MapSite = {
  /** Its id. */
  id: string,
  /** Its kind. */
  kind: string,
  /** Its state. */
  state: string,
  /** What it is called. */
  title: string,
  /** Degrees, WGS-84. */
  lon: number,
  /** Degrees. */
  lat: number
}

export type MapPage = {
  /** The sites. */
  sites: Array<MapSite>,
  /** How many all pages have. */
  total: number
}

export type BaseMap = {
  /** Its file's name, which also names it in addresses. */
  id: string,
  /** What it calls itself. */
  name: string,
  /** `pmtiles` or `mbtiles`. */
  format: string,
  /** What its tiles are: `png`, `jpg`, `webp` or `pbf` (vectors). */
  tiles: string,
  /** West, south, east, north, degrees. */
  bounds: [number, number, number, number],
  /** The smallest zoom. */
  minZoom: number,
  /** The largest zoom. */
  maxZoom: number,
  /** `wgs84` or `gcj02`: then everything drawn over it must be shifted by `shift`. */
  datum: string,
  /** Its size. */
  sizeBytes: number,
  /** Its layers' names, for vectors. */
  layers: Array<string>,
  /** Whom to name for it. */
  attribution: string | null
}

export type SyncState = {
  /** Whether this device has a server. */
  enrolled: boolean,
  /** Whether it syncs right now. */
  running: boolean,
  /** What it does: `text`, `thumbnails` or `originals`; null when it does nothing. */
  stage: string | null,
  /** Bytes sent in this stage. */
  bytesDone: number,
  /** Bytes this stage has to send, if known. */
  bytesAll: number,
  /** Seconds left at the speed so far, if it can be said. */
  secondsLeft: number | null,
  /** When everything last went through, RFC 3339. */
  lastOkAt: string | null,
  /** What stopped the last one. */
  lastError: ApiError | null,
  /** When that was, RFC 3339. */
  lastErrorAt: string | null,
  /** When it tries again by itself, RFC 3339. */
  nextAt: string | null,
  /** Whether originals wait for a person because the link is metered. */
  originalsWait: boolean,
  /** Whether a relay answered last. */
  atRelay: boolean
}

export type Refusal = {
  /** The document. */
  record: Named,
  /** The change's number. */
  seq: number,
  /** Stable. */
  code: string,
  /** Why, and what to do. */
  says: Label,
  /** What it wanted to write. */
  wrote: Array<WroteLine>
}

export type ConflictValue = {
  /** The write, as `device:number`: what a decision has seen. */
  op: string,
  /** The value. */
  value: unknown,
  /** Its words, if it is a choice. */
  words: Array<Label>,
  /** Who wrote it. */
  author: string,
  /** On which device. */
  device: string | null,
  /** Whether that was this device. */
  own: boolean,
  /** When, by that device's clock, RFC 3339. */
  at: string | null,
  /** Which clock that was: `device`, `gnss` or `server`. */
  clock: string | null,
  /** Where the device was, GeoJSON. */
  position: unknown,
  /** Metres from the site, if both are known. */
  fromSiteM: number | null,
  /** What this value leads to: the computed fields that depend on it, in words. */
  leadsTo: Array<Fact>
}

export type Conflict = {
  /** The document. */
  record: Named,
  /** Its type. */
  type: string,
  /** Its kind. */
  kind: string,
  /** The field. */
  path: string,
  /** What it is called. */
  label: Label,
  /** What it holds. */
  fieldType: string,
  /** Unit of its number. */
  unit: string | null,
  /** What a choice may be. */
  choices: Array<Choice>,
  /** Its values, the latest first; nothing is preselected. */
  values: Array<ConflictValue>,
  /** Photos of the record. */
  photos: Array<PhotoInfo>
}

export type Decision = {
  /** The document. */
  record: string,
  /** The field. */
  path: string,
  /** The write that is kept; else `text` counts. */
  keep: string | null,
  /** Another value, as typed. */
  text: string | null,
  /** The writes that were on the screen. */
  seen: Array<string>,
  /** Why. */
  reason: string | null
}

export type Start = {
  /** `new` (nothing there yet), `locked` (a passphrase is needed) or `open`. */
  home: string,
  /** Whether this is the demo, which needs no server. */
  demo: boolean,
  /** Whether this device was enrolled. */
  enrolled: boolean,
  /** The settings, once open. */
  settings: AppSettings | null
}

export type AppSettings = {
  /** `zh` or `en`. */
  language: string,
  /** `auto`, `light` or `dark`. */
  theme: string,
  /** Whether the link is metered: then originals wait until they are asked for. */
  metered: boolean,
  /** Whether it syncs by itself. */
  autoSync: boolean,
  /** `auto`, `gpsd`, `nmea`, `device` or `off`. */
  positionSource: string,
  /** Where gpsd listens. */
  gpsdAddress: string,
  /** A file of NMEA sentences, for `nmea`. */
  nmeaFile: string,
  /** Metres above which a fix needs a reason. */
  gateM: number,
  /** Fixes an average needs. */
  averageMin: number,
  /** The base map in use. */
  baseMap: string | null,
  /** The officer's own name and certificate, filled into new inspections. */
  officerName: string,
  /** The certificate's number. */
  certificateNo: string
}

export type EnrolCode = {
  /** The server's address, if it says. */
  server: string | null,
  /** The code. */
  code: string
}

export type Enrolment = {
  /** The user's name. */
  user: string,
  /** The user's role. */
  role: string,
  /** The user's townships; null is all. */
  towns: Array<Label> | null,
  /** How many changes from before were claimed. */
  claimed: number
}

export type Storage = {
  /** The database. */
  databaseBytes: number,
  /** Originals. */
  originalsBytes: number,
  /** Thumbnails and screen copies. */
  copiesBytes: number,
  /** Base maps. */
  mapsBytes: number,
  /** Originals here that the server gave a receipt for: these may be dropped. */
  droppable: number,
  /** Their bytes. */
  droppableBytes: number
}

export type Written = {
  /** The file. */
  file: string,
  /** Records, originals or files in it. */
  n: number,
  /** Its size. */
  bytes: number
}

export type HomeFault = {
  /** `chain`, `signature`, `key`, `database`, `photo-changed`, `photo-unreadable`. */
  code: string,
  /** What, where. */
  message: string
}
