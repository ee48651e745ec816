export default {
  back: '返回台账',
  photos: '照片 {n} 张',
  elsewhere: '缩略图不在本机',
  values: '{n} 个值，待人定夺',
  shown: '暂按此值显示',
  limit: '限值 {limit}',
  doubt: '限值存疑：{doubt}',
  bare: '只有名称，还没有填其他内容。',
}
