import type { Endpoints } from './crowd/crowd.ts';
import type { Trip } from './trip.ts';

/** As many ids as the Worker looks up at once. */
const MOST_IDS = 500;

/** The Worker that served the page: what the client does not ask of it. @param key the publishable one. */
export function edgeAt(key: string): Endpoints {
  const known = new Map<string, Trip>();
  const post: Endpoints['post'] = async (path, body) => {
    try {
      const response = await fetch(path, {
        method: 'POST',
        headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
      const retryAfterS = Number(response.headers.get('retry-after')) || undefined;
      return { status: response.status, body: await response.json(), retryAfterS };
    } catch (error) {
      return { status: 0, body: { message: String(error) } };
    }
  };
  return {
    post,
    async tripsOf(ids) {
      const unknown = [...new Set(ids)].filter((id) => !known.has(id));
      for (let at = 0; at < unknown.length; at += MOST_IDS) {
        const { status, body } = await post('/shop/items', {
          ids: unknown.slice(at, at + MOST_IDS),
        });
        if (status !== 200) break;
        for (const trip of body.items as Trip[]) known.set(trip.id, trip);
      }
      return known;
    },
  };
}
