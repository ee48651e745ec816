export default {
  back: 'Back to the ledger',
  photos: '{n} photos',
  elsewhere: 'No thumbnail on this device',
  values: '{n} values; a person decides',
  shown: 'Shown until then',
  limit: 'Limit {limit}',
  doubt: 'This limit is in doubt: {doubt}',
  bare: 'It has a name and nothing else yet.',
}
