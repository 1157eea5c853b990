import type { Decision, Shadow } from '../../shared/domain/decision.ts';
import type { RankRequest } from '../../shared/domain/rank-request.ts';
import { decisionsToBytes } from '../../shared/format/decision-bytes.ts';
import type { Env, Settings } from '../env.ts';
import { shardOf } from './shard.ts';

const MAX_BATCH = 256;
/** A write costs as much as several rankings; what waits is lost only if the whole isolate is. */
const COLLECT_MS = 50;
/** By then whoever opened a batch has written it, or was cancelled and never will. */
const ABANDONED_MS = 1000;
/** A row holds 2 MB. */
const MAX_APPEND_BYTES = 1_500_000;

/** What is made of a decision only when it is written. */
interface Rest {
  readonly asked: RankRequest;
  /** Scores the version in shadow, if one is to be. */
  readonly shadow: (() => Shadow) | undefined;
}

interface Entry {
  readonly decision: Omit<Decision, 'request'>;
  readonly rest: Rest;
  shadow?: Shadow;
}

interface Batch {
  readonly openedAtMs: number;
  readonly entries: Entry[];
}

/**
 * Gathers the decisions of concurrent requests of one isolate. Only the request that opens a batch does
 * I/O for it, after its answer is sent; the others leave plain data. A batch is one write to the shard of its
 * first session: nothing looks for a decision by its shard, and one large write costs what one small one does.
 */
export class DecisionLog {
  #open: Batch | undefined;
  readonly #unwritten = new Set<Batch>();
  readonly #env: Env;
  readonly #shards: number;

  constructor(env: Env, { eventShards }: Settings) {
    this.#env = env;
    this.#shards = eventShards;
  }

  add(decision: Entry['decision'], rest: Rest, ctx: ExecutionContext) {
    const open = this.#open;
    if (
      open !== undefined &&
      open.entries.length < MAX_BATCH &&
      decision.at - open.openedAtMs < ABANDONED_MS
    ) {
      open.entries.push({ decision, rest });
      return;
    }
    for (const batch of this.#unwritten) {
      if (decision.at - batch.openedAtMs >= ABANDONED_MS) ctx.waitUntil(this.#write(batch));
    }
    const batch = { openedAtMs: decision.at, entries: [{ decision, rest }] };
    this.#open = batch;
    this.#unwritten.add(batch);
    ctx.waitUntil(this.#collect(batch));
  }

  async #collect(batch: Batch): Promise<void> {
    await pause(COLLECT_MS);
    await this.#write(batch);
  }

  async #write(batch: Batch): Promise<void> {
    if (this.#open === batch) this.#open = undefined;
    await scoreShadows(batch);
    if (!this.#unwritten.delete(batch)) return;
    const decisions = batch.entries.map(({ decision, rest, shadow }) => ({
      ...decision,
      request: requestText(rest.asked),
      ...(shadow && { shadow }),
    }));
    await this.#append(shardOf(decisions[0].sessionId, this.#shards), decisions);
  }

  async #append(shard: number, decisions: readonly Decision[]): Promise<void> {
    const bytes = decisionsToBytes(decisions);
    if (bytes.length > MAX_APPEND_BYTES && decisions.length > 1) {
      const half = decisions.length >> 1;
      await this.#append(shard, decisions.slice(0, half));
      return this.#append(shard, decisions.slice(half));
    }
    const { EVENT_LOG } = this.#env;
    const id = EVENT_LOG.idFromName(`shard-${shard}`);
    try {
      await EVENT_LOG.get(id).appendDecisions(bytes);
    } catch {
      // An object that is being moved or reset fails once; a decision appended twice is stored once.
      try {
        await EVENT_LOG.get(id).appendDecisions(bytes);
      } catch (error) {
        console.error(`${decisions.length} decisions could not be logged in shard ${shard}`, error);
      }
    }
  }
}

/** One by one: whoever asks meanwhile waits for one at most. Until all are done, the batch counts as unwritten. */
async function scoreShadows({ entries }: Batch): Promise<void> {
  for (const entry of entries) {
    if (entry.rest.shadow === undefined || entry.shadow !== undefined) continue;
    await pause(0);
    try {
      entry.shadow = entry.rest.shadow();
    } catch (error) {
      console.error(`ranking ${entry.decision.rankingId} could not be scored in shadow`, error);
    }
  }
}

const pause = (ms: number) =>
  new Promise<void>((resolve) => {
    setTimeout(resolve, ms);
  });

/** What the ranking was computed from, in the form in which it was sent. */
const requestText = ({ preferences, context, recent, candidates }: RankRequest): string =>
  JSON.stringify({
    preferences,
    context,
    recent,
    ...(candidates && {
      candidates: candidates.map(({ id, attributes }) => ({ id, ...attributes })),
    }),
  });
