// Keeps the first page, so that it also works offline. The name changes with its files.
const NAME = "first-page-$version";
const CACHED = $cached;
const OFFLINE = $offline;

self.addEventListener("install", (event) => {
  // Not from the browser's own cache, which may have older files.
  const files = CACHED.map((name) => new Request(name, { cache: "reload" }));
  event.waitUntil(caches.open(NAME).then((cache) => cache.addAll(files)));
});

self.addEventListener("activate", (event) => {
  const removeOthers = async () => {
    for (const name of await caches.keys())
      if (name.startsWith("first-page-") && name !== NAME) await caches.delete(name);
    await self.clients.claim();
  };
  event.waitUntil(removeOthers());
});

self.addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  if (event.request.method !== "GET" || url.origin !== location.origin) return;
  const answer = async () => {
    const cache = await caches.open(NAME);
    const kept = await cache.match(event.request, { ignoreSearch: true });
    if (kept) return kept;
    try {
      return await fetch(event.request);
    } catch (error) {
      if (event.request.mode !== "navigate") throw error;
      const headers = { "Content-Type": "text/html; charset=utf-8" };
      const page = OFFLINE.replaceAll("@scope@", self.registration.scope);
      return new Response(page, { status: 503, headers });
    }
  };
  event.respondWith(answer());
});
