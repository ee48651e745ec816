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

export type LedgerQuery = {
  /** Only this kind. */
  kind: string | null,
  /** Words that all occur; empty for all. */
  search: string,
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
  conflicts: number
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
  /** `compliant`, `exceeds`, `cannot-be-judged` … */
  verdict: string,
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
