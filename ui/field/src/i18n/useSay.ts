// The words of labels that come from the device, in the language of the moment, beside `t` for the app's own.
import { computed } from 'vue'
import { useI18n } from 'vue-i18n'
import type { Label } from '../api'
import { say as inLanguage, type Language } from '../parts/value'

export function useSay() {
  const { t, te, locale } = useI18n()
  const language = computed(() => locale.value as Language)
  return {
    t,
    te,
    language,
    say: (label: Label | null | undefined) => (label ? inLanguage(label, language.value) : ''),
    /** The app's word for an id where it has one, else the device's. */
    word: (area: string, id: string, otherwise: string = id) => (te(`${area}.${id}`) ? t(`${area}.${id}`) : otherwise),
  }
}
