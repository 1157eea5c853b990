import type { Topic } from '../changes.ts';

/** Longer than the server is silent. */
const PATIENCE_MS = 40_000;
const RETRY_MS = 5000;

/**
 * Is told by the server of what has changed, for as long as the page is looked at: a browser has six connections to a server for
 * all of its tabs, and every stream is one. `told` is also called once a connection is there again, with all topics: what changed
 * meanwhile nobody knows.
 */
export function listen(
  told: (topics: readonly Topic[] | 'all') => void,
  state: (isOpen: boolean) => void,
): void {
  let stream: EventSource | undefined;
  let wasLost = false;
  /** When the server was last heard, or somebody began to look. */
  let last = Date.now();

  function open(): void {
    if (stream !== undefined) return;
    const own = new EventSource('/dashboard/live');
    stream = own;
    own.addEventListener('open', () => {
      last = Date.now();
      state(true);
      if (wasLost) told('all');
      wasLost = false;
    });
    own.addEventListener('changed', (event: MessageEvent<string>) => {
      last = Date.now();
      told(JSON.parse(event.data) as Topic[]);
    });
    own.addEventListener('error', () => {
      if (own !== stream) return;
      wasLost = true;
      state(false);
      if (own.readyState !== EventSource.CLOSED) return;
      // Refused: the browser does not try again by itself, and the session may be over.
      stream = undefined;
      if (Date.now() - last < PATIENCE_MS)
        setTimeout(() => {
          if (!document.hidden) open();
        }, RETRY_MS);
    });
  }

  function close(): void {
    if (stream === undefined) return;
    stream.close();
    stream = undefined;
    wasLost = true;
  }

  function follow(): void {
    if (document.hidden) return close();
    last = Date.now();
    open();
  }

  document.addEventListener('visibilitychange', follow);
  addEventListener('pageshow', follow);
  addEventListener('pagehide', close);
  follow();
}
