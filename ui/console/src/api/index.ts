// The only module that calls the server. Types come from the server's own description (schema.d.ts).
import { ref } from 'vue'
import createClient, { type Middleware } from 'openapi-fetch'
import type { components, paths } from './schema'

type Schemas = components['schemas']
export type Session = Schemas['ConsoleSessionAnswer']
export type Catalogue = Schemas['CatalogueAnswer']
export type KindWords = Schemas['KindWords']
export type Column = Schemas['ColumnWords']
export type Words = Schemas['Words']
export type Ledger = Schemas['LedgerPage']
export type LedgerRow = Schemas['LedgerRow']
export type Order = 'updated' | 'title' | 'town' | 'state'
export type Shown = Schemas['RecordShown']
export type Section = Schemas['SectionShown']
export type Field = Schemas['FieldShown']
export type Fact = Schemas['Fact']
export type Verdict = Schemas['VerdictShown']
export type Picture = Schemas['PictureShown']
export type Related = Schemas['RelatedShown']
export type Change = Schemas['ChangeShown']
export type State = Schemas['StateShown']
export type Today = Schemas['TodayAnswer']
export type Queue = 'conflicts' | 'reviews' | 'overdue'
export type QueueRow = Schemas['QueueRow']
export type Conflict = Schemas['ConflictShown']
export type Dispute = Schemas['Dispute']
export type RivalShown = Schemas['RivalShown']
export type Step = Schemas['Step']
export type Decision = Schemas['DecisionRequest']
export type DecisionShown = Schemas['DecisionShown']
export type Remark = Schemas['RemarkShown']

/** What went wrong, in both languages; `code` is stable. */
export interface Fault {
  code: string
  zh: string
  en: string
}

/** The word that calls which change something must carry; told with the login. */
export const csrf = { word: '' }

/** Whether a call was answered that nobody is logged in (any more). */
export const loginEnded = ref(false)

const UNREACHABLE: Fault = {
  code: 'unreachable',
  zh: '无法连接服务器。已保存的内容没有丢失，请检查网络后重试。',
  en: 'The server cannot be reached. Nothing that was saved is lost; check the network and try again.',
}

const proves: Middleware = {
  onRequest({ request }) {
    if (csrf.word && request.method !== 'GET') request.headers.set('x-csrf-token', csrf.word)
    return request
  },
  onResponse({ response }) {
    if (response.status === 401) loginEnded.value = true
  },
  // A call that finds no server is answered like any other failure.
  onError() {
    const { code, zh, en } = UNREACHABLE
    return Response.json({ error: { code, message: en, message_zh: zh } }, { status: 503 })
  },
}

export const api = createClient<paths>({ baseUrl: '' })
api.use(proves)

/** The fault of an answer that is none of the expected ones. */
export function faultOf(answer: { error?: unknown }): Fault {
  const body = answer.error as Partial<Schemas['ErrorBody']> | undefined
  if (!body?.error) return { ...UNREACHABLE, code: 'unreadable' }
  return { code: body.error.code, zh: body.error.message_zh, en: body.error.message }
}
