import { messageOf } from '../../../shared/text/message-of.ts';
import { serve } from '../../process/serve.ts';
import { readJson } from '../../store/read-text.ts';
import { writeThrough, type RemoteWrite } from '../../store/remote-write.ts';
import { workerDatabase } from '../../store/worker-database.ts';
import type { Version } from '../../../shared/domain/ids.ts';
import type { WeightDelta } from '../../../shared/domain/weight-delta.ts';
import type { Store } from '../../store/open.ts';
import { bind, type BoundStatement } from '../../store/statements.ts';
import type { AdditiveScorer } from '../../../shared/score/scorer.ts';
import { emptyMemory, learnTurn, type LearningState } from './learn-arrived.ts';
import type { LearningJob } from './learning-job.ts';

const db = workerDatabase();

/**
 * Counting whether there is enough to begin with reads thousands of rankings: it is done once in so many turns, and as soon as as many
 * events have come in as rewarded rankings were missing.
 */
const WAIT_TURNS = 15;
interface Waiting {
  readonly atMs: number;
  /** The last row of the events before that; 0 at the first time, so that the next turn counts once more. */
  readonly events: number;
  readonly state: Extract<TurnState, { readonly is: 'waiting' }>;
}
const waitingSince = new Map<string, Waiting>();
/** As text of JSON. */
const LAST_EVENT = 'select json(coalesce(max(rowid), 0)) from events';

const memory = emptyMemory();
const bases = new Map<Version, AdditiveScorer>();

/** A job whose base may be left out once the thread has it: it is large, and the same every few seconds. */
export interface SentJob extends Omit<LearningJob, 'base'> {
  readonly version: Version;
  readonly base?: AdditiveScorer;
}

/** What an arm's turn comes to, as `LearnedTurn`. */
export interface SentTurn {
  readonly state: TurnState;
  readonly unwritten: readonly BoundStatement[];
}

/** Where an arm stands after a turn; what is to be sent as it is sent. */
export type TurnState =
  | Exclude<LearningState, { readonly is: 'learning' }>
  | (Omit<Extract<LearningState, { readonly is: 'learning' }>, 'deltas'> & {
      readonly changed: number;
      /** JSON. */
      readonly deltas: string;
    })
  | { readonly is: 'failed'; readonly why: string };

/** The text of deltas that were turned into one before: they are the same in most turns of a quiet night. */
const texts = new WeakMap<readonly WeightDelta[], string>();

function turnState(state: LearningState): TurnState {
  if (state.is !== 'learning') return state;
  let deltas = texts.get(state.deltas);
  if (deltas === undefined) texts.set(state.deltas, (deltas = JSON.stringify(state.deltas)));
  return { ...state, changed: state.deltas.length, deltas };
}

let write: Store['write'] | undefined;
let jobs: readonly LearningJob[] = [];

const exposed = {
  /** Once, before the first turn: a function that crosses threads has a channel of its own, which is more than a turn's work. */
  writeThrough(remote: RemoteWrite): void {
    write = writeThrough(remote);
  },

  /** What the next turns learn. */
  plan(sent: readonly SentJob[]): void {
    for (const { version, base } of sent) if (base !== undefined) bases.set(version, base);
    for (const version of bases.keys())
      if (!sent.some((job) => job.version === version)) bases.delete(version);
    jobs = sent.map((job): LearningJob => ({ ...job, base: bases.get(job.version)! }));
  },

  async learn(nowMs: number, everyMs: number): Promise<SentTurn[]> {
    const store = { db, write: write! };
    const turns: SentTurn[] = [];
    const take = (state: TurnState) => turns.push({ state, unwritten: [] });
    for (const job of jobs) {
      const key = `${job.arm} ${job.base.version}`;
      const waiting = waitingSince.get(key);
      try {
        const events = waiting === undefined ? 0 : await readJson<number>(db, LAST_EVENT);
        if (waiting !== undefined && Math.abs(nowMs - waiting.atMs) < WAIT_TURNS * everyMs) {
          const missing = job.settings.minimumRewarded - waiting.state.rewarded;
          if (events - waiting.events < missing) {
            take(waiting.state);
            continue;
          }
        }
        waitingSince.delete(key);
        const turn = await learnTurn(store, job, nowMs, memory);
        const state = turnState(turn.state);
        if (state.is === 'waiting') waitingSince.set(key, { atMs: nowMs, events, state });
        turns.push({ state, unwritten: turn.unwritten.map(bind) });
      } catch (error) {
        take({ is: 'failed', why: messageOf(error) });
      }
    }
    return turns;
  },
};

export type LearnerWorker = typeof exposed;
serve(exposed);
