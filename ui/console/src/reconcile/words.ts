// How values, times and sides of a conflict are read.
import { useI18n } from 'vue-i18n'
import type { Words } from '../api'
import { say } from '../i18n'
import { shortTime } from '../parts/time'
import { textOf } from '../parts/value'

const LETTERS = 8

export function useWords() {
  const { t } = useI18n()
  return {
    text: (fact: { value?: unknown; words: Words[] }) => textOf(fact, say, (value) => t(`bool.${value}`)),
    when: (at: string) => shortTime(at),
    letter: (at: number) => (at < LETTERS ? t(`letter.${at}`) : String(at + 1)),
  }
}
