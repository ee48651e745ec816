// The pages and their addresses. Whoever is not logged in is asked to, and comes back to where he wanted.
import { createRouter, createWebHistory } from 'vue-router'
import LedgerScreen from './ledger/LedgerScreen.vue'
import LoginScreen from './login/LoginScreen.vue'
import RecordScreen from './record/RecordScreen.vue'
import ShellFrame from './shell/ShellFrame.vue'
import { resume, session } from './session'

export const router = createRouter({
  history: createWebHistory(),
  routes: [
    { path: '/login', name: 'login', component: LoginScreen },
    {
      path: '/',
      component: ShellFrame,
      children: [
        { path: '', redirect: { name: 'ledger' } },
        { path: 'ledger', name: 'ledger', component: LedgerScreen },
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
