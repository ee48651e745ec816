// Changing part of a whole that is read and written at once: in turn, so that two changes made together do not undo each other.
export function inTurn<T extends object>(read: () => Promise<T>, save: (whole: T) => Promise<T>) {
  let last: Promise<unknown> = Promise.resolve()
  return (change: Partial<T>): Promise<T> => {
    const now = last.then(async () => save({ ...(await read()), ...change }))
    last = now.catch(() => {})
    return now
  }
}
