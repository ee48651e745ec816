// Where the device points, degrees clockwise from north, if it has a compass that says so.
import { ref } from 'vue'

export const bearing = ref<number | null>(null)

function heard(event: DeviceOrientationEvent) {
  const apple = (event as DeviceOrientationEvent & { webkitCompassHeading?: number }).webkitCompassHeading
  // Only an absolute angle is a bearing; a relative one starts anywhere.
  if (apple !== undefined) bearing.value = apple
  else if (event.absolute && event.alpha !== null) bearing.value = (360 - event.alpha) % 360
}
addEventListener('deviceorientationabsolute', heard as EventListener)
addEventListener('deviceorientation', heard)
