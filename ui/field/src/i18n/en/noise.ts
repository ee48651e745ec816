export default {
  level: 'One level',
  add: 'Add this level',
  start: 'Timer',
  stop: 'Stop {s} s',
  paste: 'Paste levels, with spaces or line breaks between',
  file: 'Read a meter’s CSV',
  count: '{n} levels',
  skipped: '{n} lines held no level and were skipped',
}
