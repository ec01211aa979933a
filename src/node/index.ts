export { type AuthFromEnvOptions, authFromEnv } from './auth-from-env.ts';
export { type FileFrontierOptions, fileFrontier } from './file-frontier.ts';
export type { UndiciDispatcher } from './load-undici.ts';
export { type ProxyFetchOptions, proxyFetch } from './proxy-fetch.ts';
export { type PublicFetchOptions, publicFetch } from './public-fetch.ts';
export { type EmulatorServer, type EmulatorServerOptions, serveEmulator } from './serveEmulator.ts';
export { type NodeFetch, type UndiciFetchOptions, undiciFetch } from './undici-fetch.ts';
export { warnOnUnflushed } from './warn-on-unflushed.ts';
