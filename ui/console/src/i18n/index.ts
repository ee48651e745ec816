// Chinese first; English on request, remembered by this browser.
import { createI18n } from 'vue-i18n'
import type { Words } from '../api'
import en from './en'
import zh from './zh'

const KEY = 'shanxun.console.language'
export type Language = 'zh' | 'en'

export const i18n = createI18n({
  legacy: false,
  locale: localStorage.getItem(KEY) === 'en' ? 'en' : 'zh',
  fallbackLocale: 'zh',
  messages: { zh, en },
})

export const language = (): Language => (i18n.global.locale.value === 'en' ? 'en' : 'zh')

/** A text of the server in the language of the page. */
export const say = (words: Words): string => words[language()] || words.zh

export function switchLanguage() {
  i18n.global.locale.value = language() === 'zh' ? 'en' : 'zh'
  localStorage.setItem(KEY, language())
  showLanguage()
}

/** Screen readers and the browser's choice of glyphs go by the document's language. */
export function showLanguage() {
  document.documentElement.lang = language() === 'zh' ? 'zh-CN' : 'en'
  document.title = i18n.global.t('app.title')
}
