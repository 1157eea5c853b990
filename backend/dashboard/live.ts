import type { Context } from 'hono';
import { streamSSE } from 'hono/streaming';
import type { Store } from '../store/open.ts';
import { changedBetween, readMarks, type Marks, type Topic } from './changes.ts';

/** How often it is looked for changes, and how often a stream shows that it is alive. */
const LOOK_EVERY_MS = 2000;
const CHECK_EVERY_MS = 15_000;

export interface LiveFeed {
  /** Is told of topics that changed, until the function that it returns is called. */
  subscribe(told: (topics: readonly Topic[]) => void): () => void;
}

/** One look at the database for all pages that are open; none while there are none. */
export function liveFeed(store: Pick<Store, 'db'>): LiveFeed {
  const listeners = new Set<(topics: readonly Topic[]) => void>();
  let timer: NodeJS.Timeout | undefined;
  let last: Marks | undefined;
  const look = async () => {
    timer = undefined;
    try {
      const marks = await readMarks(store);
      const changed = last === undefined ? [] : changedBetween(last, marks);
      last = marks;
      if (changed.length > 0) for (const told of listeners) told(changed);
    } catch {
      // A database that cannot be read is said by /health/ready; the next look may find it again.
    }
    goOn();
  };
  const goOn = () => {
    if (listeners.size === 0) last = undefined;
    else timer ??= setTimeout(() => void look(), LOOK_EVERY_MS).unref();
  };
  return {
    subscribe(told) {
      listeners.add(told);
      goOn();
      return () => listeners.delete(told);
    },
  };
}

/**
 * `changed` with a JSON list of topics, and comments in between, which tell proxies and the browser that the stream lives. It ends
 * with the session.
 */
export const liveStream = (c: Context, feed: LiveFeed, isOpen: () => Promise<boolean>): Response =>
  streamSSE(c, async (stream) => {
    const stop = feed.subscribe((topics) => {
      void stream.writeSSE({ event: 'changed', data: JSON.stringify(topics) });
    });
    stream.onAbort(() => stop());
    try {
      await stream.writeSSE({ event: 'open', data: '[]' });
      while (!stream.aborted && !stream.closed) {
        await stream.sleep(CHECK_EVERY_MS);
        if (!(await isOpen())) break;
        await stream.write(': alive\n\n');
      }
    } finally {
      stop();
    }
  });
