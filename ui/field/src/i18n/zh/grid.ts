export default {
  parameter: '项目',
  below: '未检出',
  free: '不评价',
  pending: '待化验',
  answered: '{n}/{all}',
}
