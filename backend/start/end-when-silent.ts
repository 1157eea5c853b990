import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf } from '../../shared/text/message-of.ts';
import type { Child } from './child.ts';
import { isAnswering } from './edge-version.ts';

const ASK_EVERY_MS = 5000;
/** Until the first answer: only a child that has answered can be seen to fall silent. */
const ASK_AT_FIRST_MS = 200;
/** A machine that is short of processors may take long for an answer. */
const ANSWER_MS = 10_000;
/** In a row. */
const MISSED = 3;

/**
 * Ends a child that no longer answers, though its process is there: wrangler goes on when the workerd that listens for it
 * was killed, and starts one that answers nothing. What has not answered yet is still starting, and is left alone.
 * @param url is answered with a status below 300 by a child that works.
 */
export function endWhenSilent(child: Child, url: string, onLine: (line: string) => void): Child {
  const ending = new AbortController();
  void child.ended.then(() => ending.abort());
  const watch = async () => {
    let hasAnswered = false;
    for (let missed = 0; missed < MISSED;) {
      const pauseMs = hasAnswered ? ASK_EVERY_MS : ASK_AT_FIRST_MS;
      await sleep(pauseMs, undefined, { signal: ending.signal, ref: false });
      try {
        await isAnswering(url, AbortSignal.any([ending.signal, AbortSignal.timeout(ANSWER_MS)]));
        hasAnswered = true;
        missed = 0;
      } catch (error) {
        ending.signal.throwIfAborted();
        if (hasAnswered && ++missed === MISSED)
          onLine(`the ${child.name} has not answered ${MISSED} times (${messageOf(error)})`);
      }
    }
    await child.stop(0);
  };
  // It rejects only when the child has ended, and nothing is left to watch.
  watch().catch(() => undefined);
  return child;
}
