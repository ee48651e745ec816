export default {
  inspect: '开始检查',
  edit: '改台账',
  deleted: '已删除',
  conflicts: '{n} 个字段有多个值，点这里定夺',
  next: '下一步',
  note: '说明（可不填）',
  confirm: '确认：{move}',
  visits: '检查记录 {n}',
  noVisits: '还没有检查过。点“开始检查”记第一次。',
  undated: '未填时间',
  tasks: '任务 {n}',
}
