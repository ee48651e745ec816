// Starts the field app.
import { createApp } from 'vue'
import App from './App.vue'
import { i18n, showLanguage } from './i18n'
import { followTheme } from './shell/theme'
import './styles/tokens.css'
import './styles/base.css'

followTheme()
showLanguage()
createApp(App).use(i18n).mount('#app')
