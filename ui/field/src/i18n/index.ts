// Chinese first; English on request, remembered on this device.
import { createI18n } from 'vue-i18n'
import type { Language } from '../parts/value'
import { en, zh } from './words'

const KEY = 'shanxun.language'
const start: Language = localStorage.getItem(KEY) === 'en' ? 'en' : 'zh'

export const i18n = createI18n({ legacy: false, locale: start, fallbackLocale: 'zh', messages: { zh, en } })

export function speak(language: Language) {
  i18n.global.locale.value = language
  localStorage.setItem(KEY, language)
  showLanguage()
}

/** Screen readers and the browser's choice of glyphs go by the document's language. */
export function showLanguage() {
  const zhNow = i18n.global.locale.value === 'zh'
  document.documentElement.lang = zhNow ? 'zh-CN' : 'en'
  document.title = i18n.global.t('app.name')
}
