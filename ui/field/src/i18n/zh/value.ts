export default {
  yes: '是', no: '否', vertices: '{n} 个拐点',
}
