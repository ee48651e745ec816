// Changes settings of the device and gives all of them as they are then.
import { saveSettings, settings } from '../api'
import { inTurn } from './inTurn'

export const changeSettings = inTurn(settings, saveSettings)
