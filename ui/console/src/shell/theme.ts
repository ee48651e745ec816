// Light and dark, remembered by this browser; the component library gets the same tokens as our own styles.
import type { GlobalThemeOverrides } from 'naive-ui'
import { computed, ref } from 'vue'

const KEY = 'shanxun.console.theme'
const wantsDark = () => matchMedia('(prefers-color-scheme: dark)').matches
const kept = localStorage.getItem(KEY)
export const isDark = ref(kept ? kept === 'dark' : wantsDark())

export function applyTheme() {
  document.documentElement.dataset['theme'] = isDark.value ? 'dark' : 'light'
}

export function switchTheme() {
  isDark.value = !isDark.value
  localStorage.setItem(KEY, isDark.value ? 'dark' : 'light')
  applyTheme()
}

const LIGHT = { pine: '#1e6b4f', dark: '#164f3a', light: '#2a7d5f', ink: '#16201a', quiet: '#4d5a52', line: '#d9ded7', surface: '#ffffff' }
const DARK = { pine: '#58b68f', dark: '#3f9a75', light: '#79c9a7', ink: '#eef3ec', quiet: '#a9b6ab', line: '#334033', surface: '#1a211a' }

export const overrides = computed<GlobalThemeOverrides>(() => {
  const c = isDark.value ? DARK : LIGHT
  return {
    common: {
      primaryColor: c.pine, primaryColorHover: c.light, primaryColorPressed: c.dark, primaryColorSuppl: c.pine,
      textColorBase: c.ink, textColor2: c.ink, textColor3: c.quiet, placeholderColor: c.quiet, borderColor: c.line,
      cardColor: c.surface, modalColor: c.surface, popoverColor: c.surface,
      fontFamily: 'inherit', fontSize: '14px', borderRadius: '6px', heightMedium: '32px',
    },
  }
})
