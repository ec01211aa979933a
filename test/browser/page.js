// The program of the page: what the tests call.
import * as tideway from 'tideway';
import * as cache from 'tideway/cache';
import * as emulator from 'tideway/emulator';
import * as fetcher from 'tideway/fetcher';
import * as tide from 'tideway/tide';
import { runCase } from './conformance.js';

globalThis.tideway = tideway;
globalThis.cacheEntry = cache;
globalThis.runCase = (name, options) => runCase(name, { tideway, emulator, cache, fetcher, tide }, options);
