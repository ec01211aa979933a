import type { Route } from '../exchange.ts';
import { Refusal } from '../refusal.ts';

const calls = [
  ['POST', 'eggs/add.json'],
  ['POST', 'eggs/delete.json'],
  ['GET', 'eggs/list.json'],
  ['GET', 'eggs/bundle.zip'],
  ['POST', 'scrapyd/addversion.json'],
  ['GET', 'as/project-slybot.zip'],
  ['GET', 'as/spider-properties.json'],
  ['GET', 'migrate-eggs.zip'],
  ['POST', 'releases/deploy.json'],
] as const;

/** Dash: code that is deployed. The emulator runs no code but the programs that it was given. */
export const deploymentRoutes: readonly Route[] = calls.map(([method, path]) => ({
  method,
  path,
  backend: 'dash',
  handler: () => {
    throw new Refusal(501, 'This server does not deploy code: spiders are programs of the emulator');
  },
}));
