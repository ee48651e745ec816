export default {
  today: '今日',
  ledger: '台账',
  map: '地图',
  mine: '我的',
  new: '新记录',
}
