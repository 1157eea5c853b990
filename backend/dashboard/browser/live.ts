import type { Topic } from '../changes.ts';

/** Longer than the server is silent. */
const PATIENCE_MS = 40_000;

/**
 * Is told by the server of what has changed, for as long as the page is open. `told` is also called once a connection is there
 * again, with all topics: what changed meanwhile nobody knows.
 */
export function listen(
  told: (topics: readonly Topic[] | 'all') => void,
  state: (isOpen: boolean) => void,
): void {
  const stream = new EventSource('/dashboard/live');
  let wasLost = false;
  let last = Date.now();
  stream.addEventListener('open', () => {
    last = Date.now();
    state(true);
    if (wasLost) told('all');
    wasLost = false;
  });
  stream.addEventListener('changed', (event: MessageEvent<string>) => {
    last = Date.now();
    told(JSON.parse(event.data) as Topic[]);
  });
  stream.addEventListener('error', () => {
    wasLost = true;
    state(false);
    // Refused: the browser does not try again by itself, and the session may be over.
    if (stream.readyState === EventSource.CLOSED && Date.now() - last < PATIENCE_MS)
      setTimeout(() => listen(told, state), 5000);
  });
}
