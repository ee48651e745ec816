export default {
  parameter: 'Parameter',
  below: 'Not detected',
  free: 'Not judged',
  pending: 'At the lab',
  answered: '{n}/{all}',
}
