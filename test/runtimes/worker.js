// Runs one case for each request, in a Worker.
import * as tideway from 'tideway';
import * as cache from 'tideway/cache';
import * as emulator from 'tideway/emulator';
import * as fetcher from 'tideway/fetcher';
import * as tide from 'tideway/tide';
import { runCase } from './conformance.js';

export default {
  fetch: async (request) => {
    const { name, options } = await request.json();
    return Response.json(await runCase(name, { tideway, emulator, cache, fetcher, tide }, options));
  },
};
