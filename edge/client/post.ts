import type { ClientOptions } from './types.ts';

/** An answer's body, or `{code, message}` with status 0 where none came. */
export interface Answer {
  readonly status: number;
  // What it holds depends on the address.
  // oxlint-disable-next-line typescript/no-explicit-any
  readonly body: any;
}
export type Post = (path: string, body: unknown) => Promise<Answer>;

/** Browsers refuse to let more outlive the page. */
const MOST_KEPT_ALIVE = 60_000;

/**
 * Posts JSON to the Worker. The request outlives the page that sent it (`keepalive`); `sendBeacon`, which does so too, cannot carry
 * a key. Never fails.
 */
export const posting =
  (url: string, { key, trace }: ClientOptions): Post =>
  async (path, body) => {
    const text = JSON.stringify(body);
    try {
      const response = await fetch(url + path, {
        method: 'POST',
        body: text,
        keepalive: text.length < MOST_KEPT_ALIVE,
        credentials: 'omit',
        headers: {
          ...trace,
          authorization: `Bearer ${key}`,
          'content-type': 'application/json',
        },
      });
      return { status: response.status, body: await response.json() };
    } catch (error) {
      return { status: 0, body: { code: 'unreachable', message: String(error) } };
    }
  };
