// A real gpsd, fed by gpsfake with the sentences of a receiver that walks where it is told.
import { spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { eventually, freePort } from './webdriver.mjs'

const sum = (body) => [...body].reduce((x, c) => x ^ c.charCodeAt(0), 0).toString(16).toUpperCase().padStart(2, '0')
const sentence = (body) => `$${body}*${sum(body)}\r\n`
function angle(deg, digits, plus, minus) {
  const whole = Math.floor(Math.abs(deg))
  const minutes = ((Math.abs(deg) - whole) * 60).toFixed(5).padStart(8, '0')
  return `${String(whole).padStart(digits, '0')}${minutes},${deg < 0 ? minus : plus}`
}

/** One second of a good receiver at a place. */
function second(lat, lon, n, errorM) {
  const time = `${String(2 + Math.floor(n / 3600)).padStart(2, '0')}${String(Math.floor(n / 60) % 60).padStart(2, '0')}${String(n % 60).padStart(2, '0')}.00`
  const [la, lo] = [angle(lat, 2, 'N', 'S'), angle(lon, 3, 'E', 'W')]
  return sentence(`GPRMC,${time},A,${la},${lo},2.0,84.4,231126,,,A`)
    + sentence(`GPGGA,${time},${la},${lo},1,12,0.4,180.0,M,-9.0,M,,`)
    + sentence(`GPGSA,A,3,01,02,03,04,05,06,07,08,09,10,11,12,1.1,0.4,1.0`)
    + sentence(`GPGST,${time},${errorM},${errorM},${errorM},0,${errorM},${errorM},${errorM * 1.5}`)
}

/** `places` are [lat, lon], one a second; the walk is played `again` and again. */
export async function startReceiver(folder, places, errorM = 1.2) {
  const log = join(folder, 'walk.nmea')
  writeFileSync(log, places.map(([lat, lon], n) => second(lat, lon, n, errorM)).join(''))
  const port = await freePort()
  const child = spawn('gpsfake', ['-q', '-n', '-c', '0.03', '-P', String(port), log], { stdio: 'ignore', detached: true })
  await eventually('gpsd', () => new Promise((done, fail) => {
    const socket = connect(port, '127.0.0.1', () => (socket.destroy(), done(true)))
    socket.on('error', fail)
  }))
  return {
    address: `127.0.0.1:${port}`,
    stop: () => new Promise((done) => {
      child.once('exit', done)
      process.kill(-child.pid, 'SIGTERM')
    }),
  }
}

/** A square round a place, walked corner to corner with a fix every two metres. */
export function square([lat, lon], sideM) {
  const north = sideM / 111_320
  const east = north / Math.cos((lat * Math.PI) / 180)
  const corners = [[lat, lon], [lat, lon + east], [lat + north, lon + east], [lat + north, lon], [lat, lon]]
  const steps = Math.ceil(sideM / 2)
  return corners.slice(1).flatMap((to, n) => Array.from({ length: steps }, (_, k) => corners[n].map((from, axis) => from + ((to[axis] - from) * k) / steps)))
}
