export default {
  device: '只在本机',
  relay: '已到中继，未到服务器',
  server: '已到服务器',
}
