export default {
  name: 'Shanxun',
}
