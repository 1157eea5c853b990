import type { Scorer } from '../../shared/score/scorer.ts';
import { serial } from '../process/serial.ts';
import { inThread } from '../process/thread.ts';
import type { ScorerWorker } from './scorer-worker.ts';

const readIn = inThread<ScorerWorker>(new URL('./scorer-worker.ts', import.meta.url));
const inTurn = serial();

/**
 * A scorer that somebody sends, one at a time in a thread of its own: reading and checking a large one takes a fifth of a second of
 * processor time, in which the backend would answer nobody.
 * @param text as base64url. @throws ApiError 400 where the bytes are damaged, or describe no scorer that the edge can evaluate.
 */
export const readScorer = (text: string): Promise<Scorer> =>
  inTurn(() =>
    readIn((thread) => thread.call(async (worker): Promise<Scorer> => worker.read(text))),
  );
