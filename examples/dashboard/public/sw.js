// Keeps the page itself, so that it opens without a network. What it shows is kept by the page, in IndexedDB.
const NAME = 'dashboard';

self.addEventListener('install', (event) => {
  event.waitUntil(keep().then(() => self.skipWaiting()));
});

self.addEventListener('activate', (event) => {
  event.waitUntil(self.clients.claim());
});

self.addEventListener('fetch', (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  const isOwn = origin === self.location.origin && request.method === 'GET';
  if (!isOwn || /^\/(?:api|session)\b/.test(pathname)) return;
  event.respondWith(request.mode === 'navigate' ? newest(request) : kept(request));
});

async function keep() {
  const files = await (await fetch('/shell.json', { cache: 'no-store' })).json();
  const cache = await caches.open(NAME);
  await cache.addAll(files);
  for (const { url } of await cache.keys()) {
    if (!files.includes(new URL(url).pathname)) await cache.delete(url);
  }
}

/** Pages come from the network where there is one. */
async function newest(request) {
  try {
    return await fetch(request);
  } catch (error) {
    const page = await caches.match('/');
    if (page) return page;
    throw error;
  }
}

/** Files are named for what is in them: what is kept is right. */
async function kept(request) {
  return (await caches.match(request)) ?? fetch(request);
}
