// Runs one case for each request, in a Worker.
import { runCase } from './conformance.js';
import * as modules from './modules.js';

export default {
  fetch: async (request) => {
    const { name, options } = await request.json();
    return Response.json(await runCase(name, modules, options));
  },
};
