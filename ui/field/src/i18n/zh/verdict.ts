export default {
  compliant: '达标',
  'not-judged': '未评价',
  'cannot-be-judged': '无法评价',
  exceeds: '超标',
  void: '作废',
}
