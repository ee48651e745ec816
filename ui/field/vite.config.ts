// How the field app is built and its unit tests run. The window embeds ui/dist/field, so nothing here may need a network.
import { fileURLToPath } from 'node:url'
import vue from '@vitejs/plugin-vue'
import { defineConfig } from 'vitest/config'
import { licences } from './licences.ts'

export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  plugins: [vue(), licences()],
  define: { __VUE_I18N_FULL_INSTALL__: false, __VUE_I18N_LEGACY_API__: false, __INTLIFY_PROD_DEVTOOLS__: false },
  build: {
    outDir: fileURLToPath(new URL('../dist/field', import.meta.url)),
    emptyOutDir: true,
    // WebKitGTK 2.40 of Debian 12 and the WebView of Android 10 after its updates.
    target: ['safari16', 'chrome107'],
    chunkSizeWarningLimit: 1200,
  },
  test: { include: ['src/**/*.test.ts'] },
})
