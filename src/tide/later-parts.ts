// Nothing of what is loaded at the start is imported here, but for types: bundlers would cut the start into pieces.
export { fill } from './fill.ts';
export { Rations } from './rations.ts';
export { readUnlessStalled } from './read-unless-stalled.ts';
export { Reconnection } from './reconnection.ts';
