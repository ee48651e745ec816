export default {
  today: 'Today',
  ledger: 'Ledger',
  map: 'Map',
  mine: 'Me',
  new: 'New record',
}
