// How the console is built and its unit tests run. The server embeds ui/dist/console, so nothing here may need a network.
import { fileURLToPath } from 'node:url'
import vue from '@vitejs/plugin-vue'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  plugins: [vue()],
  define: { __VUE_I18N_FULL_INSTALL__: false, __VUE_I18N_LEGACY_API__: false, __INTLIFY_PROD_DEVTOOLS__: false },
  build: {
    outDir: fileURLToPath(new URL('../dist/console', import.meta.url)),
    emptyOutDir: true,
    target: ['chrome107', 'safari16', 'firefox115'],
    chunkSizeWarningLimit: 1200,
  },
  // `npm run dev` beside a server that runs.
  server: { proxy: { '/v1': process.env.SHANXUN_URL ?? 'http://127.0.0.1:8787' } },
  test: { include: ['src/**/*.test.ts'] },
})
