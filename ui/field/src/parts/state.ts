// How a workflow state looks: a tone and an icon. The word itself comes from the form, never from here.
export type Tone = 'ok' | 'doubt' | 'fault' | 'plain'
export type StateIcon = 'check' | 'work' | 'ask' | 'back' | 'draft' | 'sent' | 'trace' | 'flag' | 'dot'

const LOOKS: { readonly [state: string]: readonly [Tone, StateIcon] } = {
  'to-verify': ['doubt', 'ask'],
  'hung-up': ['doubt', 'flag'],
  treating: ['doubt', 'work'],
  'clearance-asked': ['doubt', 'ask'],
  cleared: ['ok', 'check'],
  returned: ['fault', 'back'],
  'in-order': ['ok', 'check'],
  rectifying: ['doubt', 'work'],
  'recheck-asked': ['doubt', 'ask'],
  refer: ['plain', 'sent'],
  surveyed: ['plain', 'flag'],
  monitored: ['plain', 'flag'],
  traced: ['doubt', 'trace'],
  remediating: ['doubt', 'work'],
  'closing-asked': ['doubt', 'ask'],
  regulated: ['ok', 'check'],
  closed: ['ok', 'check'],
  draft: ['plain', 'draft'],
  submitted: ['plain', 'sent'],
  approved: ['ok', 'check'],
}

/** A state that a newer form brought is shown plainly with its own word. */
export function look(state: string): { tone: Tone; icon: StateIcon } {
  const [tone, icon] = LOOKS[state] ?? ['plain', 'dot']
  return { tone, icon }
}

const VERDICTS: { readonly [verdict: string]: Tone } = {
  compliant: 'ok',
  'not-judged': 'plain',
  'cannot-be-judged': 'doubt',
  exceeds: 'fault',
  void: 'fault',
}

/** The tone of a verdict; an unknown one is doubtful, because nobody here knows what it means. */
export const verdictTone = (verdict: string): Tone => VERDICTS[verdict] ?? 'doubt'
