import type { Child } from './child.ts';

/** A child that can be told to go on for ever. */
export interface KeptChild extends Child {
  /** From now on its end is no end: it is started again. */
  keep(): void;
}

/** Longer and longer, so that what cannot run costs little; never given up, as what is missing may come back. */
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 30_000;
/** What ran for so long had not failed at its start. */
const GOOD_RUN_MS = 60_000;

/**
 * Starts a child, and once it is kept, starts it again whenever it ends. Until then its end is the end of `ended`: what has
 * never run would not run the next time either, and whoever started it wants to know.
 */
export function keepRunning(start: () => Child, onLine: (line: string) => void): KeptChild {
  const stopping = new AbortController();
  const ended = Promise.withResolvers<string>();
  let isKept = false;
  let child = start();

  const running = (async () => {
    for (let pauseMs = FIRST_PAUSE_MS; ;) {
      const beganMs = performance.now();
      const how = await child.ended;
      if (stopping.signal.aborted) return;
      if (!isKept) return ended.resolve(how);
      if (performance.now() - beganMs >= GOOD_RUN_MS) pauseMs = FIRST_PAUSE_MS;
      onLine(`the ${child.name} ${how}: starting it again in ${pauseMs / 1000} s`);
      await pause(pauseMs, stopping.signal);
      if (stopping.signal.aborted) return;
      pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS);
      child = start();
    }
  })();
  return {
    name: child.name,
    ended: ended.promise,
    keep: () => void (isKept = true),
    async stop(graceMs) {
      stopping.abort();
      await child.stop(graceMs);
      await running;
      ended.resolve('was stopped');
    },
  };
}

/** Ends early when the signal aborts. */
const pause = (pauseMs: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const timer = setTimeout(resolve, pauseMs);
    const end = () => {
      clearTimeout(timer);
      resolve();
    };
    signal.addEventListener('abort', end, { once: true });
  });
