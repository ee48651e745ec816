// The pages behind 我的, in the order of how often they are needed.
import {
  IconCloudUp, IconDatabase, IconFileExport, IconInfoCircle, IconLicense, IconLifebuoy, IconSatellite, IconServer, IconShieldCheck, IconUserCheck,
} from '@tabler/icons-vue'
import { defineAsyncComponent, type Component } from 'vue'
import SyncScreen from '../sync/SyncScreen.vue'
import AboutPage from './AboutPage.vue'
import CheckPage from './CheckPage.vue'
import ExportPage from './ExportPage.vue'
import OfficerPage from './OfficerPage.vue'
import PositionPage from './PositionPage.vue'
import RescuePage from './RescuePage.vue'
import ServerPage from './ServerPage.vue'
import StoragePage from './StoragePage.vue'

export const pages: readonly { id: string; icon: typeof IconServer; component: Component }[] = [
  { id: 'sync', icon: IconCloudUp, component: SyncScreen },
  { id: 'server', icon: IconServer, component: ServerPage },
  { id: 'officer', icon: IconUserCheck, component: OfficerPage },
  { id: 'position', icon: IconSatellite, component: PositionPage },
  { id: 'storage', icon: IconDatabase, component: StoragePage },
  { id: 'export', icon: IconFileExport, component: ExportPage },
  { id: 'rescue', icon: IconLifebuoy, component: RescuePage },
  { id: 'check', icon: IconShieldCheck, component: CheckPage },
  { id: 'about', icon: IconInfoCircle, component: AboutPage },
  // The texts are long; nobody should load them to look at a ledger.
  { id: 'licences', icon: IconLicense, component: defineAsyncComponent(() => import('./LicencesPage.vue')) },
]
