export default {
  inspect: 'Start an inspection',
  edit: 'Edit the entry',
  deleted: 'Deleted',
  conflicts: '{n} fields have several values: tap to decide',
  next: 'Next step',
  note: 'Remark (optional)',
  confirm: 'Confirm: {move}',
  visits: 'Inspections {n}',
  noVisits: 'Nobody has inspected it yet. Tap “Start an inspection” for the first one.',
  undated: 'No time yet',
  tasks: 'Tasks {n}',
}
