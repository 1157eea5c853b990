import type { Search } from './trivago-searches.ts';

export interface Ranked {
  readonly rankingId: string;
  readonly token: string;
  readonly degraded: boolean;
  readonly items: readonly { readonly id: string; readonly position: number }[];
}

/** Calls the running edge as the server of a site would. */
export interface EdgeClient {
  /** Ranks one search's hotels with a stored version. @throws when the edge refuses or answers degraded. */
  rank(search: Search, version: string): Promise<Ranked>;
  /** @throws when any event is rejected. */
  send(events: readonly object[]): Promise<void>;
}

export function edgeClient(url: string, secretKey: string): EdgeClient {
  const post = async (path: string, body: unknown, headers: Record<string, string> = {}) => {
    const response = await fetch(`${url}${path}`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${secretKey}`,
        'content-type': 'application/json',
        ...headers,
      },
      body: JSON.stringify(body),
    });
    if (!response.ok)
      throw new Error(
        `${url}${path} answered ${response.status}: ${(await response.text()).slice(0, 300)}`,
      );
    return response.json();
  };
  return {
    async rank(search, version) {
      const ranked = (await post('/v1/rank', requestOf(search, Date.now()), {
        'x-trimtab-version': version,
      })) as Ranked;
      if (ranked.degraded) throw new Error(`the edge ranked degraded instead of with ${version}`);
      return ranked;
    },
    async send(events) {
      const { rejected } = (await post('/v1/events', events)) as {
        rejected: { message: string }[];
      };
      if (rejected.length > 0)
        throw new Error(
          `${rejected.length} events were rejected, the first: ${rejected[0].message}`,
        );
    },
  };
}

/** The request for a search as if it happened now: interactions stay as long before the click as they were. */
function requestOf(search: Search, nowMs: number): object {
  const shift = nowMs - search.at;
  return {
    sessionId: search.sessionId,
    userId: search.userId,
    context: search.context,
    recent: search.recent.map((touch) => ({ ...touch, at: touch.at + shift })),
    candidates: search.candidates.map(({ id, attributes }) => ({ id, ...attributes })),
    limit: search.candidates.length,
  };
}
