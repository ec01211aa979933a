// Bundles a program as users do: told by which bundler, in which folder, the program's file, and where to put it. Writes
// one line of JSON, the warnings.
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath, pathToFileURL } from 'node:url';

const [, , bundler, folder, program, outdir] = process.argv;

const bundlers = {
  esbuild: async () => {
    const { build } = await import('esbuild');
    const options = { bundle: true, splitting: true, format: 'esm', logLevel: 'silent' };
    const { warnings } = await build({ ...options, absWorkingDir: folder, entryPoints: { main: program }, outdir });
    return warnings.map(({ text }) => text);
  },

  rollup: async () => {
    const { rollup } = await import('rollup');
    const { nodeResolve } = await import('@rollup/plugin-node-resolve');
    const { default: commonjs } = await import('@rollup/plugin-commonjs');
    const warnings = [];
    const bundle = await rollup({
      input: { main: join(folder, program) },
      plugins: [nodeResolve({ browser: true }), commonjs()],
      onLog: (level, { message }) => level === 'warn' && warnings.push(message),
    });
    await bundle.write({ dir: join(folder, outdir), format: 'es' });
    await bundle.close();
    return warnings;
  },

  vite: async () => {
    // The dashboard is built with it.
    const load = createRequire(new URL('../../examples/dashboard/', import.meta.url));
    const { build } = await import(pathToFileURL(load.resolve('vite')).href);
    const warnings = [];
    const warn = (message) => warnings.push(message);
    const quiet = { info: () => {}, error: warn, clearScreen: () => {}, hasErrorLogged: () => false, hasWarned: false };
    await build({
      root: folder,
      configFile: false,
      logLevel: 'warn',
      customLogger: { ...quiet, warn, warnOnce: warn },
      build: {
        outDir: outdir,
        minify: false,
        target: 'es2022',
        lib: { entry: program, formats: ['es'], fileName: () => 'main.js' },
      },
    });
    return warnings;
  },

  webpack: async () => {
    const { default: webpack } = await import('webpack');
    const stats = await new Promise((resolve, reject) => {
      const options = {
        context: folder,
        mode: 'production',
        // Minifying takes most of the time, and finds nothing.
        optimization: { minimize: false },
        // Sizes are told of elsewhere: this program has all entries in it, the emulator among them.
        performance: { hints: false },
        entry: { main: `./${program}` },
        target: 'web',
        experiments: { outputModule: true },
        output: { path: join(folder, outdir), filename: '[name].js', library: { type: 'module' }, publicPath: './' },
      };
      webpack(options, (error, result) => (error ? reject(error) : resolve(result)));
    });
    const { errors, warnings } = stats.toJson({ all: false, errors: true, warnings: true });
    return [...errors, ...warnings].map(({ message }) => message);
  },

  wrangler: async () => {
    const wrangler = fileURLToPath(new URL('node_modules/wrangler/bin/wrangler.js', import.meta.url));
    const options = ['--dry-run', '--outdir', outdir, '--name', 'bundled', '--compatibility-date', '2026-07-01'];
    const env = { ...process.env, WRANGLER_SEND_METRICS: 'false', WRANGLER_LOG_PATH: folder, CI: '1', NO_COLOR: '1' };
    const result = spawnSync(process.execPath, [wrangler, 'deploy', program, ...options], {
      cwd: folder,
      encoding: 'utf8',
      env,
    });
    const said = `${result.stdout}${result.stderr}`;
    if (result.status !== 0) throw new Error(said);
    return /\b(?:WARNING|ERROR)\b/.test(said) ? [said] : [];
  },
};

const warnings = await bundlers[bundler]();
process.stdout.write(`${JSON.stringify(warnings)}\n`);
// Caches of bundlers hold some of them open.
process.exit();
