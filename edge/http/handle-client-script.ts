import { CLIENT_SCRIPTS } from './client-scripts.ts';

/** Pages take up a new release within the hour; what they have is asked for by its hash until it changes. */
const CACHE_CONTROL = 'public, max-age=3600, stale-while-revalidate=86400';

/** `GET /client.js` and `/client.extras.js`: the client, for any page. */
export function handleClientScript(path: keyof typeof CLIENT_SCRIPTS) {
  const { etag, text } = CLIENT_SCRIPTS[path];
  const headers = {
    'content-type': 'text/javascript; charset=utf-8',
    'cache-control': CACHE_CONTROL,
    etag,
    // Pages that are isolated from other origins load it too.
    'cross-origin-resource-policy': 'cross-origin',
    'x-content-type-options': 'nosniff',
  };
  return (request: Request): Response =>
    // Caches on the way may mark the tag as weak.
    request.headers.get('if-none-match')?.includes(etag)
      ? new Response(null, { status: 304, headers })
      : new Response(text, { headers });
}
