// The gateway in Node: `node examples/gateway/node.ts`.
import process from 'node:process';
import { createHandler, type Environment } from './handler.ts';
import { serveFetch } from './serve-fetch.ts';

const { HOST = '127.0.0.1', PORT = '8787' } = process.env;
const { url } = await serveFetch(createHandler(process.env as unknown as Environment), Number(PORT), HOST);
console.log(`Listening on ${url}`);
