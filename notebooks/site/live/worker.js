// Keeps the first page, so that it also works offline. export.py fills in the names with a dollar.
const PREFIX = "first-page-";
const NAME = PREFIX + $version; // of the cache: another one when a file has changed
const FILES = $files;
const OFFLINE_PAGE = $offline;

self.addEventListener("install", (event) => {
  // Not from the browser's own cache, which may have older files.
  const requests = FILES.map((name) => new Request(name, { cache: "reload" }));
  event.waitUntil(caches.open(NAME).then((cache) => cache.addAll(requests)));
});

self.addEventListener("activate", (event) => event.waitUntil(takeOver()));

self.addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.method === "GET" && new URL(request.url).origin === location.origin)
    event.respondWith(respond(request));
});

/** Remove the caches of earlier versions, and serve the pages that are open. */
async function takeOver() {
  for (const name of await caches.keys())
    if (name.startsWith(PREFIX) && name !== NAME) await caches.delete(name);
  await self.clients.claim();
}

/** Return a file from the cache or else from the network; without one, a page that says so. */
async function respond(request) {
  const cache = await caches.open(NAME);
  const cached = await cache.match(request, { ignoreSearch: true }); // the language
  if (cached) return cached;
  try {
    return await fetch(request);
  } catch (error) {
    if (request.mode !== "navigate") throw error;
    const page = OFFLINE_PAGE.replaceAll($root, self.registration.scope);
    const headers = { "Content-Type": "text/html; charset=utf-8" };
    return new Response(page, { status: 503, headers });
  }
}
