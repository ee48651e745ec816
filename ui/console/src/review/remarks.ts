// The remarks of one review, not sent yet: each hangs on a field. Fields on the page find them by injection.
import { inject, provide, reactive, type InjectionKey } from 'vue'

export interface Draft {
  path: string
  label: string
  text: string
  must: boolean
}
export interface Remarks {
  drafts: Draft[]
  /** Begins a remark on a field, or goes to the one that is there. */
  open: (path: string, label: string) => void
  drop: (at: number) => void
}

const KEY: InjectionKey<Remarks> = Symbol('remarks')

export function provideRemarks(opened: (at: number) => void): Remarks {
  const remarks: Remarks = reactive({
    drafts: [],
    open(path, label) {
      let at = remarks.drafts.findIndex((draft) => draft.path === path)
      if (at < 0) at = remarks.drafts.push({ path, label, text: '', must: true }) - 1
      opened(at)
    },
    drop(at) {
      remarks.drafts.splice(at, 1)
    },
  })
  provide(KEY, remarks)
  return remarks
}

/** Nothing on a page where nobody reviews. */
export const useRemarks = (): Remarks | null => inject(KEY, null)

/** The remarks that say something, as the call takes them. */
export const written = (drafts: Draft[]) =>
  drafts.filter((draft) => draft.text.trim()).map(({ path, text, must }) => ({ path, text: text.trim(), must }))
