import { goOnWith, newest } from '../../shared/memory/newest.ts';
import type { Decision, Shadow } from '../../shared/domain/decision.ts';
import type { Span } from '../../shared/trace/spans.ts';
import type { RankRequest } from '../../shared/domain/rank-request.ts';
import type { TraceContext } from '../../shared/trace/trace-context.ts';
import { decisionsToBytes } from '../../shared/format/decision-bytes.ts';
import type { Env } from '../platform/env.ts';
import { pause } from '../platform/pause.ts';
import type { Settings } from '../platform/settings.ts';
import type { Tracing } from '../platform/tracing.ts';
import { shardOf } from './shard.ts';

const MAX_BATCH = 256;
/**
 * How long a batch gathers decisions. One write costs as much as several rankings, so it is shared; a waiting
 * decision is lost only if the isolate itself dies.
 */
const COLLECT_MS = 50;
/** A batch that is not written by then never will be by the request that opened it: that request was cancelled. */
const ABANDONED_MS = 1000;
/** A row of a Durable Object's database holds at most 2 MB. */
const MAX_APPEND_BYTES = 1_500_000;

/** While more batches than this wait to be written, the isolate does not keep up, and scores nothing in shadow: that is shed first. */
const MOST_UNWRITTEN = 8;
/** Beyond these it is far behind: over 4,000 rankings were answered, and their log waits for the processor. */
const FAR_BEHIND = 16;

/** The parts of a decision that are computed only when it is written, after the response. */
interface DeferredParts {
  readonly rankRequest: RankRequest;
  /** Scores the version in shadow; undefined if this ranking is not scored in shadow. */
  readonly scoreShadow: (() => Shadow) | undefined;
}

interface Entry {
  readonly decision: Omit<Decision, 'request'>;
  readonly deferred: DeferredParts;
  shadow?: Shadow;
  /** From its ranking until it is stored; undefined where that is not traced. */
  readonly span: Span | undefined;
}

/** A decision with all that is logged of it. */
const wholeDecision = ({ decision, deferred, shadow }: Omit<Entry, 'span'>): Decision => ({
  ...decision,
  request: requestText(deferred.rankRequest),
  ...(shadow && { shadow }),
});

/**
 * A decision in the form in which a shard takes it, for who has to keep it until it is known whether anybody was shown it. What a version in
 * shadow would have shown is computed here.
 */
export function decisionBytes(
  decision: Entry['decision'],
  deferred: DeferredParts,
): Uint8Array<ArrayBuffer> {
  const shadow = deferred.scoreShadow?.();
  return decisionsToBytes([wholeDecision({ decision, deferred, ...(shadow && { shadow }) })]);
}

interface Batch {
  readonly openedAtMs: number;
  readonly entries: Entry[];
}

/** Also where the clock was put back since. */
const isAbandoned = ({ openedAtMs }: Batch, nowMs: number) =>
  Math.abs(nowMs - openedAtMs) >= ABANDONED_MS;

/**
 * Gathers the decisions of an isolate's concurrent requests into batches. The request that opens a batch writes it,
 * after its response is sent; the others only add their data. A whole batch goes to one shard, because one large write costs
 * no more than a small one. Its first ranking chooses the shard, and not its session: whoever opens most batches would pile
 * the decisions of all on the shard of that session. Nothing looks up decisions by shard.
 */
export class DecisionLog {
  #open: Batch | undefined;
  readonly #unwritten = new Set<Batch>();
  readonly #env: Env;
  readonly #shards: number;
  readonly #tracing: Tracing | undefined;
  /** Decisions that could not be stored, until a later batch has told so. */
  #lost = 0;
  #lostEver = 0;

  constructor(env: Env, { eventShards }: Settings, tracing?: Tracing) {
    this.#env = env;
    this.#tracing = tracing;
    this.#shards = eventShards;
  }

  /** How many decisions this isolate could not store. Their rankings were answered, and feedback on them joins nothing. */
  get lost(): number {
    return this.#lostEver;
  }

  /** Whether this isolate does not keep up with what it is asked, by what it has yet to do of what it answered. */
  get isFarBehind(): boolean {
    return this.#unwritten.size > FAR_BEHIND;
  }

  /** @param trace the span of the request that asked, where it is traced. */
  add(decision: Entry['decision'], deferred: DeferredParts, ctx: ExecutionContext, trace?: Span) {
    const entry = { decision, deferred, span: trace?.child('rank log') };
    newest.decision = entry;
    const open = this.#open;
    if (open !== undefined && open.entries.length < MAX_BATCH && !isAbandoned(open, decision.at)) {
      open.entries.push(entry);
      return;
    }
    for (const batch of this.#unwritten) {
      if (isAbandoned(batch, decision.at)) ctx.waitUntil(this.#write(batch));
    }
    const batch = { openedAtMs: decision.at, entries: [entry] };
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
    if (this.#unwritten.size <= MOST_UNWRITTEN) await scoreShadows(batch);
    if (!this.#unwritten.delete(batch)) return;
    const shard = shardOf(batch.entries[0].decision.rankingId, this.#shards);
    const spans = batch.entries.flatMap(({ span }) => span ?? []);
    const traces = spans.map(({ context }) => context);
    const isStored = await this.#append(shard, batch.entries.map(wholeDecision), traces);
    if (spans.length === 0) return;
    for (const span of spans) span.end(!isStored);
    await this.#tracing?.sendSoon();
  }

  /** @returns whether all of them are stored. */
  async #append(
    shard: number,
    decisions: readonly Decision[],
    traces: readonly TraceContext[],
  ): Promise<boolean> {
    const bytes = decisionsToBytes(decisions);
    if (bytes.length > MAX_APPEND_BYTES && decisions.length > 1) {
      const half = decisions.length >> 1;
      const isStored = await this.#append(shard, decisions.slice(0, half), traces);
      return (await this.#append(shard, decisions.slice(half), [])) && isStored;
    }
    const { EVENT_LOG } = this.#env;
    const id = EVENT_LOG.idFromName(`shard-${shard}`);
    const lost = this.#lost;
    this.#lost = 0;
    const append = () =>
      traces.length === 0
        ? EVENT_LOG.get(id).appendDecisions(bytes, lost)
        : EVENT_LOG.get(id).appendDecisions(bytes, lost, traces);
    try {
      await append();
    } catch {
      // A Durable Object that is being moved or reset fails once. The backend stores a decision that arrives twice once;
      // what was lost before is then counted twice, and never not at all.
      try {
        await append();
      } catch (error) {
        this.#lost += lost + decisions.length;
        this.#lostEver += decisions.length;
        console.error(`${decisions.length} decisions could not be logged in shard ${shard}`, error);
        return false;
      }
    }
    return true;
  }
}

/**
 * Scores one entry at a time and yields in between, so that a request that arrives meanwhile waits for one scoring at
 * most. The batch counts as unwritten until all of them are done.
 */
async function scoreShadows({ entries }: Batch): Promise<void> {
  for (const entry of entries) {
    if (entry.deferred.scoreShadow === undefined || entry.shadow !== undefined) continue;
    await pause(0);
    // It may be of a large request, and what it makes is of the same kinds as what the ranking made.
    goOnWith({});
    try {
      entry.shadow = entry.deferred.scoreShadow();
    } catch (error) {
      console.error(`ranking ${entry.decision.rankingId} could not be scored in shadow`, error);
    }
  }
}

/**
 * The part of the request that the ranking depends on, as JSON in the form in which it was sent. Without consent it lacks what
 * the visitor did before, whose moments would link all rankings of one visitor, what is not shown to them for it, and the facts about them. The history
 * of earlier sessions stands in a field of its own: readers from before there was one find `recent` as they know it.
 */
function requestText({
  preferences,
  context,
  recent,
  history,
  candidates,
  filters,
  exclude,
  slateRules,
  related,
  shown,
  market,
  currency,
  consent,
}: RankRequest): string {
  const isLogged = consent !== 'none';
  return JSON.stringify({
    preferences,
    context: isLogged ? context : {},
    recent: isLogged ? recent : [],
    ...(consent === 'personalise' && history && { history }),
    ...(candidates && {
      candidates: candidates.map(({ id, attributes }) => ({ id, ...attributes })),
    }),
    ...(filters && { filters }),
    ...(isLogged && exclude && { exclude }),
    ...(slateRules && { slateRules }),
    ...(related && { related }),
    ...(isLogged && shown && { shown }),
    ...(market && { market }),
    ...(currency !== undefined && { currency }),
  });
}
