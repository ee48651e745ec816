export default {
  yes: 'Yes', no: 'No', vertices: '{n} corners',
}
