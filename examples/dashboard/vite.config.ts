import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { defineConfig, type UserConfig } from 'vite';

/** Within the repository the package is the one that was built there; elsewhere it is an ordinary dependency. */
const built: string = fileURLToPath(new URL('../../dist/', import.meta.url));
const alias = existsSync(built)
  ? [
      { find: /^tideway$/, replacement: `${built}index.js` },
      { find: /^tideway\/(\w+)$/, replacement: `${built}$1.js` },
    ]
  : [];

const config: UserConfig = defineConfig({
  resolve: { alias },
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: { target: 'es2022', modulePreload: { polyfill: false } },
  plugins: [
    {
      // What the service worker keeps, so that the page opens without a network.
      name: 'shell',
      generateBundle(_, bundle) {
        const source = JSON.stringify(['/', ...Object.keys(bundle).map((file) => `/${file}`)]);
        this.emitFile({ type: 'asset', fileName: 'shell.json', source });
      },
    },
  ],
});

export default config;
