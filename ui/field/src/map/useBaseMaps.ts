// The base maps on this device and the one in use; every map on the screen shows the same.
import { computed, ref, shallowRef } from 'vue'
import { baseMaps, outline as readOutline, settings, type BaseMap } from '../api'
import { changeSettings } from '../mine/changeSettings'
import { datumOf } from './datum'

const maps = shallowRef<BaseMap[]>([])
const chosen = ref<string | null>(null)
const outline = shallowRef<unknown>(null)
let reading: Promise<void> | null = null

async function read() {
  const [list, land, wanted] = await Promise.all([baseMaps(), readOutline(), settings()])
  maps.value = list
  outline.value = land
  chosen.value = wanted.baseMap
}

const base = computed(() => maps.value.find((m) => m.id === chosen.value) ?? null)
const datum = computed(() => datumOf(base.value?.datum))

export function useBaseMaps() {
  return {
    maps,
    base,
    datum,
    outline,
    /** Reads them once; what failed is asked again the next time. */
    ready: () => (reading ??= read().catch((cause: unknown) => {
      reading = null
      throw cause
    })),
    heard: (list: BaseMap[]) => (maps.value = list),
    async choose(id: string | null) {
      await changeSettings({ baseMap: id })
      chosen.value = id
    },
  }
}
