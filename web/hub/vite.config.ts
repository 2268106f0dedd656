import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

/** The hub's app. The build lands in dist/, which the Go package beside it embeds. */
export default defineConfig({
  plugins: [react()],
  build: {
    target: 'es2022',
    sourcemap: false,
    assetsInlineLimit: 0, // a data: font or script would need a wider content security policy
    modulePreload: { polyfill: false },
  },
  server: {
    port: 5174,
    proxy: { '/api': { target: process.env.JAANCH_API ?? 'http://127.0.0.1:8000', ws: true } },
  },
});
