export { counting } from './counting.ts';
export { receive } from './needs.ts';
export { Works } from './works.ts';
