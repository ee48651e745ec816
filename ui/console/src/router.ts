// The pages and their addresses. Whoever is not logged in is asked to, and comes back to where he wanted.
import { createRouter, createWebHistory } from 'vue-router'
import LedgerScreen from './ledger/LedgerScreen.vue'
import OverdueScreen from './queue/OverdueScreen.vue'
import ReconcileScreen from './reconcile/ReconcileScreen.vue'
import ReviewScreen from './review/ReviewScreen.vue'
import TodayScreen from './today/TodayScreen.vue'
import LoginScreen from './login/LoginScreen.vue'
import RecordScreen from './record/RecordScreen.vue'
import ShellFrame from './shell/ShellFrame.vue'
import { resume, session } from './session'

declare module 'vue-router' {
  interface RouteMeta {
    /** Which parts of the filter the page goes by; none is a page that leads back to the ledger. */
    parts?: string[]
  }
}

const QUEUE_PARTS = ['town', 'kind', 'since', 'search']

export const router = createRouter({
  history: createWebHistory(),
  routes: [
    { path: '/login', name: 'login', component: LoginScreen },
    {
      path: '/',
      component: ShellFrame,
      children: [
        { path: '', redirect: { name: 'today' } },
        { path: 'today', name: 'today', component: TodayScreen, meta: { parts: ['town'] } },
        { path: 'reconcile/:id?', name: 'reconcile', component: ReconcileScreen, props: true, meta: { parts: QUEUE_PARTS } },
        { path: 'review/:id?', name: 'review', component: ReviewScreen, props: true, meta: { parts: QUEUE_PARTS } },
        { path: 'overdue', name: 'overdue', component: OverdueScreen, meta: { parts: QUEUE_PARTS } },
        { path: 'ledger', name: 'ledger', component: LedgerScreen, meta: { parts: ['town', 'kind', 'since', 'state', 'search'] } },
        { path: 'record/:id', name: 'record', component: RecordScreen, props: true },
      ],
    },
    { path: '/:nowhere(.*)*', redirect: '/' },
  ],
})

router.beforeEach(async (to) => {
  if (to.name === 'login' || session.value || (await resume())) return true
  return { name: 'login', query: to.fullPath === '/' ? {} : { next: to.fullPath } }
})
