import type { Options } from 'tsup';

/**
 * esbuild also names chunks of which nothing is used by the chunk at hand. They have no side effects, and a user's
 * bundler warns that it leaves them out. The line stays, so that source maps fit.
 */
const withoutIdleImports: NonNullable<Options['plugins']>[number] = {
  name: 'without-idle-imports',
  renderChunk: (code) => ({ code: code.replaceAll(/^import "\.\/chunk-\w+\.js";$/gm, '') }),
};

const config: Options = {
  entry: {
    index: 'src/index.ts',
    cache: 'src/cache/index.ts',
    crawl: 'src/crawl/index.ts',
    emulator: 'src/emulator/index.ts',
    fetcher: 'src/fetcher/index.ts',
    gateway: 'src/gateway/index.ts',
    node: 'src/node/index.ts',
    redis: 'src/redis/index.ts',
    tide: 'src/tide/index.ts',
  },
  format: 'esm',
  target: 'es2022',
  platform: 'neutral',
  external: [/^node:/],
  // Without the scheme a module of Node's is a package of that name to bundlers and to other runtimes.
  removeNodeProtocol: false,
  // Code that two entries share is a chunk, so that an error class is the same class everywhere.
  splitting: true,
  // Programs that do not name this library in their configuration must compile against the package all the same.
  dts: { banner: '/// <reference lib="esnext.disposable" />' },
  clean: true,
  sourcemap: true,
  treeshake: false,
  plugins: [withoutIdleImports],
};

export default config;
