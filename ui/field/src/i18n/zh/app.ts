export default {
  name: '山巡',
}
