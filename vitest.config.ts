import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { defineConfig, type ViteUserConfig } from 'vitest/config';

const source = (file: string): string => fileURLToPath(new URL(`./src/${file}`, import.meta.url));

const config: ViteUserConfig = defineConfig({
  resolve: {
    // Tests name the package as users do, and run on its sources.
    alias: [
      { find: /^tideway$/, replacement: source('index.ts') },
      { find: /^tideway\/(\w+)$/, replacement: source('$1/index.ts') },
    ],
  },
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['**/node_modules/**', 'test/browser/**'],
    testTimeout: 20_000,
    // Vitest would leave a processor free; these tests wait for sockets and clocks more than they compute.
    maxWorkers: availableParallelism() + 1,
    // What is waited for comes when the machine has time for it: the second that is the default may be too short.
    expect: { poll: { timeout: 10_000 } },
    // Real sockets and clocks on a machine that others use too. What needed more than one try is told by name.
    retry: process.env.CI ? 2 : 0,
    typecheck: { enabled: false },
  },
});

export default config;
