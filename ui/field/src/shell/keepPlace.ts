// Notes on the device where the person is, so that a restart opens it again.
import { watch, type Ref } from 'vue'
import { remember } from '../api'
import { address, place } from './place'
import { screens } from './screens'

export function keepPlace(open: Ref<boolean>) {
  watch([place, open], () => {
    const { screen, args } = place.value
    // Not worth a word to the person: the records themselves are safe, only the way back would be longer.
    if (open.value && screens[screen] && !screens[screen].passing) remember(address(screen, ...args)).catch(() => {})
  }, { immediate: true })
}
