// Times as they are read at a desk: this year's without the year.
export function shortTime(moment: number | string, nowMs = Date.now()): string {
  const time = new Date(moment)
  if (Number.isNaN(time.getTime())) return String(moment)
  const two = (n: number) => String(n).padStart(2, '0')
  const day = `${two(time.getMonth() + 1)}-${two(time.getDate())}`
  const clock = `${two(time.getHours())}:${two(time.getMinutes())}`
  const year = time.getFullYear()
  return year === new Date(nowMs).getFullYear() ? `${day} ${clock}` : `${year}-${day} ${clock}`
}
