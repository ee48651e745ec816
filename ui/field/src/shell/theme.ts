// Light, dark, or whatever the system says; remembered on this device.
import { ref, watchEffect } from 'vue'

export type Theme = 'auto' | 'light' | 'dark'
const KEY = 'shanxun.theme'
const THEMES: readonly Theme[] = ['auto', 'light', 'dark']

const systemDark = matchMedia('(prefers-color-scheme: dark)')
const systemIsDark = ref(systemDark.matches)
export const theme = ref<Theme>(THEMES.find((t) => t === localStorage.getItem(KEY)) ?? 'auto')

export function followTheme() {
  systemDark.addEventListener('change', (e) => (systemIsDark.value = e.matches))
  watchEffect(() => {
    localStorage.setItem(KEY, theme.value)
    const dark = theme.value === 'auto' ? systemIsDark.value : theme.value === 'dark'
    document.documentElement.dataset.theme = dark ? 'dark' : 'light'
  })
}
