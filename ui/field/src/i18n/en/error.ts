export default {
  unknown: 'Something unexpected went wrong. Saved records are safe on this device. Try again; if it stays, give the code below to your administrator.',
  'unknown-document': 'This record is not on this device. It may have been deleted, or lie outside your townships.',
  'wrong-key': 'The data on this device cannot be opened: wrong passphrase or key. Nothing was changed. Check the passphrase and try again.',
  'newer-database': 'The data on this device was written by a newer Shanxun. Nothing was changed. Update this program.',
  io: 'The storage of this device cannot be read. Saved records were not changed. Check disk space and permissions, then try again.',
  'key-missing': 'The key file of this device’s data is missing, so it cannot be opened. Nothing was changed. Put the file named key back into the data folder.',
  damaged: 'Some data on this device cannot be read; the rest is not affected. Tell your administrator: the server’s copy can restore it.',
  forms: 'The form files on this device cannot be used. Saved records were not changed. Ask your administrator for new form files.',
  database: 'The database on this device does not answer. Saved records were not changed. Try again.',
}
