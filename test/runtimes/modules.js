// The entries of the package, as the cases are given them.

export * as tideway from 'tideway';
export * as cache from 'tideway/cache';
export * as crawl from 'tideway/crawl';
export * as emulator from 'tideway/emulator';
export * as fetcher from 'tideway/fetcher';
export * as gateway from 'tideway/gateway';
export * as redis from 'tideway/redis';
export * as tide from 'tideway/tide';
