export default {
  device: 'On this device only',
  relay: 'On a relay, not yet on the server',
  server: 'On the server',
}
