export default { seconds: '{n} s', minutes: '{n} min', hours: '{n} h', days: '{n} days' }
