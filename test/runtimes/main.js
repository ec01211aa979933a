// Runs the cases in Node, Deno and Bun.
import process from 'node:process';
import { Redis } from 'ioredis';
import { createClient } from 'redis';
import * as node from 'tideway/node';
import { runCase } from './conformance.js';
import { drive, options } from './driver.js';
import * as modules from './modules.js';

const more = { node, folder: process.cwd(), clients: { createClient, Redis } };
await drive((name) => runCase(name, { ...modules, ...more }, options));
