// The program of a page: what the tests call.
import { runCase } from './conformance.js';
import * as modules from './modules.js';

globalThis.tideway = modules.tideway;
globalThis.cacheEntry = modules.cache;
globalThis.crawlEntry = modules.crawl;
globalThis.runCase = (name, options) => runCase(name, modules, options);
