// What was typed is written at once when the app goes to the background or its page goes away.
import { onMounted, onUnmounted } from 'vue'
import type { Form } from './useForm'

export function keepOnLeaving(form: Form) {
  const now = () => void form.flush()
  const hidden = () => document.visibilityState === 'hidden' && now()
  onMounted(() => {
    addEventListener('pagehide', now)
    addEventListener('beforeunload', now)
    addEventListener('blur', now)
    document.addEventListener('visibilitychange', hidden)
  })
  onUnmounted(() => {
    removeEventListener('pagehide', now)
    removeEventListener('beforeunload', now)
    removeEventListener('blur', now)
    document.removeEventListener('visibilitychange', hidden)
  })
}
