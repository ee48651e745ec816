// The console starts: words, pages, look.
import { createApp } from 'vue'
import App from './App.vue'
import { i18n, showLanguage } from './i18n'
import { router } from './router'
import { applyTheme } from './shell/theme'
import '../../field/src/styles/tokens.css'
import './styles/base.css'

applyTheme()
showLanguage()
createApp(App).use(i18n).use(router).mount('#app')
