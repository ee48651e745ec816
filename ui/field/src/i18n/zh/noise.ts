export default {
  level: '一个声级',
  add: '加这个声级',
  start: '计时',
  stop: '停止 {s} s',
  paste: '粘贴一串声级，用空格或换行分开',
  file: '读声级计的 CSV',
  count: '{n} 个声级',
  skipped: '{n} 行没有声级，已跳过',
}
