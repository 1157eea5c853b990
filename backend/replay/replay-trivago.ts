import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseVersion } from '../../shared/domain/ids.ts';
import { asShown, lastViewedFirst, trivagoSchema, type Points } from './policies.ts';
import { json, segment, type BackendClient } from '../client/backend-client.ts';
import type { EdgeClient } from './edge-client.ts';
import { gainOver, reportPolicy, type PolicyOutcome, type ReplayReport } from './replay-report.ts';
import type { LearnerName } from '../science/learn/learners/learner.ts';
import type { Search } from './trivago-searches.ts';

/** What a replay needs of the running system. */
export interface ReplayTarget {
  readonly edge: EdgeClient;
  readonly backend: BackendClient;
  readonly progress: (label: string, total: number) => { update(done: number): void; stop(): void };
}

/** What each learner's version is called in the report. */
export const POLICY_OF: Readonly<Record<LearnerName, string>> = {
  additive: 'learned',
  boosted: 'learned, boosted',
  forest: 'learned, forest',
  mlp: 'learned, MLP',
};

const IN_FLIGHT = 8;
const EVENTS_PER_REQUEST = 200;

/**
 * Runs real searches through the running system: serves the early ones as they were shown, with their clicks as
 * feedback; lets the backend learn from that log; then ranks the late ones by every policy, without feedback. Each
 * policy is a stored version that the requests name, so the live version is not touched.
 */
export async function replayTrivago(
  target: ReplayTarget,
  early: readonly Search[],
  late: readonly Search[],
  learners: readonly LearnerName[] = ['additive'],
): Promise<ReplayReport> {
  const schema = trivagoSchema();
  const store = async (name: string, points: Points) => {
    const made = await json(target.backend.weights.$post({ json: { name, schema, points } }));
    return parseVersion(made.version);
  };
  const shown = await store('as shown', asShown(schema));
  const lastViewed = await store('last viewed first', lastViewedFirst(schema));
  const rules = await store(
    'rules',
    Object.fromEntries(Object.entries(schema.rules).map(([k, v]) => [k, [...v]])),
  );
  const from = Date.now();
  await serve(target, early, shown);
  await untilIngested(target, { version: shown, searches: early.length, from });
  const learned: (readonly [string, string])[] = [];
  for (const learner of learners) {
    const name = POLICY_OF[learner];
    // Forced, because these logs have fewer rankings than the minimum of a learner.
    const asked = {
      parent: rules,
      servedBy: shown,
      from,
      learner,
      name,
      publish: false,
      force: true,
    };
    learned.push([name, await train(target, asked)]);
  }
  const outcomes: PolicyOutcome[] = [];
  for (const [policy, version] of [
    ['as shown', shown],
    ['last viewed first', lastViewed],
    ['rules', rules],
    ...learned,
  ] as const) {
    outcomes.push({ policy, version, gains: await judge(target, late, policy, version) });
  }
  const sessions = new Map<string, number>();
  const session = late.map(({ userId, sessionId }) => {
    const key = `${userId}/${sessionId}`;
    if (!sessions.has(key)) sessions.set(key, sessions.size);
    return sessions.get(key)!;
  });
  return {
    served: { searches: early.length, clicks: early.length },
    evaluated: { searches: late.length, sessions: sessions.size },
    policies: outcomes.map((outcome) => reportPolicy(outcome, session)),
    gains: outcomes.slice(3).map((outcome) => gainOver(outcome, outcomes[1], session)),
    gainsOverFirst: outcomes.slice(4).map((outcome) => gainOver(outcome, outcomes[3], session)),
  };
}

async function serve(
  target: ReplayTarget,
  searches: readonly Search[],
  version: string,
): Promise<void> {
  let clicks: object[] = [];
  const flush = async () => {
    const batch = clicks;
    clicks = [];
    if (batch.length > 0) await target.edge.send(batch);
  };
  await inParallel(target, `serving as shown (${version})`, searches, async (search) => {
    const { rankingId, token, items } = await target.edge.rank(search, version);
    const position = 1 + items.findIndex(({ id }) => id === search.clicked);
    clicks.push({
      eventId: randomUUID(),
      type: 'click',
      rankingId,
      itemId: search.clicked,
      position,
      timestamp: Date.now(),
      token,
    });
    if (clicks.length >= EVENTS_PER_REQUEST) await flush();
  });
  await flush();
}

/** For each search, 1 at the slot of the clicked item and 0 elsewhere. */
async function judge(
  target: ReplayTarget,
  searches: readonly Search[],
  policy: string,
  version: string,
): Promise<number[][]> {
  const gains: number[][] = Array.from({ length: searches.length });
  await inParallel(target, `ranking by ${policy} (${version})`, searches, async (search, index) => {
    const { items } = await target.edge.rank(search, version);
    gains[index] = items.map(({ id }) => Number(id === search.clicked));
  });
  return gains;
}

const INGEST_TIMEOUT_MS = 120_000;

async function untilIngested(
  target: ReplayTarget,
  served: { version: string; searches: number; from: number },
): Promise<void> {
  const shown = target.progress('waiting for the log to reach the backend', served.searches);
  const deadline = Date.now() + INGEST_TIMEOUT_MS;
  for (;;) {
    const { versions } = await json(target.backend.clicks.$get({ query: { from: served.from } }));
    const { rankings, clicked } =
      versions.find(({ version }) => version === served.version) ?? NONE;
    shown.update(Math.min(rankings, clicked));
    if (rankings >= served.searches && clicked >= served.searches) break;
    if (Date.now() > deadline) {
      throw new Error(
        `after ${INGEST_TIMEOUT_MS / 1000} s the backend has ${rankings} rankings, ${clicked} of them clicked, of ${served.searches}: does the edge reach it?`,
      );
    }
    await sleep(250);
  }
  shown.stop();
}

const NONE = { rankings: 0, clicked: 0 };

type TrainingRequest = Parameters<BackendClient['train']['$post']>[0]['json'];

async function train(target: ReplayTarget, request: TrainingRequest): Promise<string> {
  const { backend } = target;
  const { runId } = await json(backend.train.$post({ json: request }));
  const shown = target.progress('training', 400);
  for (;;) {
    const run = await json(backend.runs[':id'].$get({ param: { id: segment(runId) } }));
    shown.update(run.progress.curve?.length ?? 0);
    if (run.status === 'failed') throw new Error(`training failed: ${run.error}`);
    if (run.status === 'done') {
      shown.stop();
      return run.version!;
    }
    await sleep(250);
  }
}

async function inParallel<T>(
  target: ReplayTarget,
  label: string,
  all: readonly T[],
  work: (one: T, index: number) => Promise<void>,
): Promise<void> {
  const shown = target.progress(label, all.length);
  let [next, done] = [0, 0];
  const worker = async () => {
    while (next < all.length) {
      const index = next++;
      await work(all[index], index);
      shown.update(++done);
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, worker));
  shown.stop();
}
