// What a key of the number pad does to a text at its caret.

/** `55.|` + `9`; a second point and a point before any digit are mended, not refused. */
export function typed(text: string, start: number, end: number, key: string): { text: string; caret: number } {
  if (key === 'erase') {
    const from = start === end ? Math.max(0, start - 1) : start
    return { text: text.slice(0, from) + text.slice(end), caret: from }
  }
  if (key === '-') return text.startsWith('-') ? { text: text.slice(1), caret: Math.max(0, end - 1) } : { text: `-${text}`, caret: end + 1 }
  if (key === '.' && (text.slice(0, start) + text.slice(end)).includes('.')) return { text, caret: end }
  const what = key === '.' && start === 0 ? '0.' : key
  return { text: text.slice(0, start) + what + text.slice(end), caret: start + what.length }
}
