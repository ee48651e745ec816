// Who is logged in, what the forms of this server are called; forgotten when the login ends.
import { ref, shallowRef } from 'vue'
import { api, csrf, faultOf, loginEnded, type Catalogue, type Fault, type Session } from './api'

export const session = shallowRef<Session | null>(null)
export const catalogue = shallowRef<Catalogue | null>(null)
/** What kept the last resumption from succeeding, other than that nobody is logged in. */
export const startFault = ref<Fault | null>(null)

async function begin(found: Session): Promise<boolean> {
  csrf.word = found.csrf
  loginEnded.value = false
  const words = await api.GET('/v1/console/catalogue')
  if (!words.data) {
    startFault.value = faultOf(words)
    return false
  }
  catalogue.value = words.data
  session.value = found
  startFault.value = null
  return true
}

/** Takes up the login that the browser still has. */
export async function resume(): Promise<boolean> {
  const answer = await api.GET('/v1/console/session')
  if (answer.data) return begin(answer.data)
  startFault.value = answer.response.status === 401 ? null : faultOf(answer)
  return false
}

export async function logIn(name: string, password: string): Promise<Fault | null> {
  const answer = await api.POST('/v1/console/session', { body: { name, password } })
  if (!answer.data) return faultOf(answer)
  return (await begin(answer.data)) ? null : startFault.value
}

/** Ends the login here and on the server. */
export async function logOut(): Promise<Fault | null> {
  const answer = await api.DELETE('/v1/console/session')
  if (answer.error && answer.response.status !== 401) return faultOf(answer)
  forget()
  return null
}

export function forget() {
  session.value = null
  catalogue.value = null
  csrf.word = ''
}
