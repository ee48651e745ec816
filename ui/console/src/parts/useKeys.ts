// Keys of a page: single letters, never while somebody types.
import { onBeforeUnmount, onMounted } from 'vue'

export function useKeys(keys: { readonly [key: string]: () => unknown }) {
  function press(event: KeyboardEvent) {
    const typing = event.target instanceof HTMLElement && event.target.closest('input, textarea, select, dialog, [contenteditable]')
    if (typing || event.ctrlKey || event.metaKey || event.altKey) return
    const act = keys[event.key]
    if (!act) return
    event.preventDefault()
    act()
  }
  onMounted(() => document.addEventListener('keydown', press))
  onBeforeUnmount(() => document.removeEventListener('keydown', press))
}
