// Whether the app is dark now, for what is not drawn by style sheets.
import { ref } from 'vue'

const read = () => document.documentElement.dataset.theme === 'dark'
export const dark = ref(read())
new MutationObserver(() => (dark.value = read())).observe(document.documentElement, { attributeFilter: ['data-theme'] })
