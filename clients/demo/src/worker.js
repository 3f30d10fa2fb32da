// Keeps the page itself, so that it opens while the gateway is away. What the vault holds is never
// kept here: only the four files of the page, and the newest of them first.
const kept = "vvault-page";
const files = ["./", "app.js", "app.css"];

self.addEventListener("install", (event) => {
    event.waitUntil(
        caches
            .open(kept)
            .then((cache) => cache.addAll(files))
            .then(() => self.skipWaiting()),
    );
});

self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

self.addEventListener("fetch", (event) => {
    const url = new URL(event.request.url);
    const page = new URL(self.registration.scope);
    const ours = url.origin === page.origin && url.pathname.startsWith(page.pathname);
    if (event.request.method !== "GET" || !ours) return;
    event.respondWith(fromNetworkOrKept(event.request));
});

async function fromNetworkOrKept(request) {
    const cache = await caches.open(kept);
    try {
        const answer = await fetch(request);
        if (answer.ok) await cache.put(request, answer.clone()).catch(() => undefined);
        return answer;
    } catch (error) {
        const old = await cache.match(request, { ignoreSearch: true });
        if (old) return old;
        throw error;
    }
}
