export default {
  compliant: 'Compliant',
  'not-judged': 'Not judged',
  'cannot-be-judged': 'Cannot be judged',
  exceeds: 'Exceeds',
  void: 'Void',
}
