import { afterEach, beforeEach, expect, test } from 'vitest';
import { ingest } from '../../../backend/log/ingest/ingest.ts';
import { findSampleRatioMismatch, readArmSizes } from '../../../backend/monitor/sample-ratio.ts';
import { DEFAULT_MONITORS } from '../../../backend/monitor/settings.ts';
import { lastDecisionOf } from '../../../backend/rollouts/rollout-rows.ts';
import { exposuresToText } from '../../../shared/domain/experiment.ts';
import { parseItemId, parseSessionId } from '../../../shared/domain/ids.ts';
import type { Pointer } from '../../../shared/domain/pointer.ts';
import { resolve } from '../../../shared/explore/resolve.ts';
import { bringUpToDate } from '../log/support/bring-up-to-date.ts';
import { FEATURES, rankingOf } from '../log/support/log.ts';
import { openRolloutServices, type RolloutTestServices } from './support/rollout-services.ts';
import { atEveryStage, FREE } from './support/stages.ts';

const PER_SECOND = 200;
/** From the decision until the pointer is in KV, and from then until an isolate that has just looked looks again. */
const [PUBLISHING_MS, REFRESH_MS] = [2000, 5000];

let services: RolloutTestServices;
let visitors: number;
beforeEach(async () => {
  services = await openRolloutServices({ steps: atEveryStage(FREE) });
  visitors = 0;
});
afterEach(() => services.close());

/** New sessions, each with one ranking, at a steady rate. @param pointer that an isolate has so long after the start, and what it logs of it. */
async function visit(sessions: number, pointer: (afterMs: number) => Pick<Arrival, 'by' | 'logs'>) {
  const { clock, store } = services;
  const decisions = Array.from({ length: sessions }, (_, i) => {
    const afterMs = (i * 1000) / PER_SECOND;
    const { by, logs } = pointer(afterMs);
    const sessionId = parseSessionId(`visitor-${visitors++}`);
    return rankingOf(sessionId, clock.nowMs + afterMs, {
      sessionId,
      arm: exposuresToText(resolve(by, { sessionId }).exposures),
      pointerRevision: logs,
      itemIds: [parseItemId('a')],
      units: [0],
      propensities: [1],
      codes: new Uint8Array(FEATURES).fill(1),
    });
  });
  clock.nowMs += (sessions * 1000) / PER_SECOND;
  await ingest(store, { batchId: `to-${visitors}`, decisions, events: [] }, clock.nowMs);
  await bringUpToDate(store, { nowMs: clock.nowMs });
  return decisions;
}

interface Arrival {
  /** By which the isolate assigns. */
  readonly by: Pointer;
  readonly logs: number | undefined;
}

async function toQuarter(): Promise<string> {
  const id = await services.rollouts.propose(
    await services.newVersion('challenger'),
    { verdict: 'promote', reason: 'gain above 0' },
    'ana',
  );
  while ((await services.rollouts.advance())?.next.stage !== 'canary 25');
  return id;
}

test('a step to half of the traffic, seven seconds before the isolates take it, is no sample ratio mismatch, and the rollout goes on', async () => {
  const id = await toQuarter();
  const quarter = services.pointer();
  await visit(2000, () => ({ by: quarter, logs: quarter.revision }));
  expect((await services.rollouts.advance())?.next.stage).toBe('canary 50');
  const half = services.pointer();
  expect(half.revision).toBeGreaterThan(quarter.revision!);
  const ranked = await visit(14_620, (afterMs) => {
    const by = afterMs < PUBLISHING_MS + REFRESH_MS ? quarter : half;
    return { by, logs: by.revision };
  });
  const armOf = (one: (typeof ranked)[number]) => one.arm!.split(':')[1];
  const countOf = (of: typeof ranked) => [
    of.filter((one) => armOf(one) === 'challenger').length,
    of.filter((one) => armOf(one) === 'champion').length,
  ];
  // By the clock, as many are too few by far.
  expect(countOf(ranked)[0]).toBeLessThan(7000);
  const own = countOf(ranked.filter(({ pointerRevision }) => pointerRevision === half.revision));
  expect(own[0] + own[1]).toBe(14_620 - 1400);

  const sizes = await readArmSizes({ store: services.store, account: { update: async () => {} } });
  expect(sizes[0].arms.map(({ units }) => units)).toEqual(own);
  expect(findSampleRatioMismatch(sizes, DEFAULT_MONITORS.sampleRatio).findings).toEqual([]);
  await services.rollouts.advance();
  const decision = await lastDecisionOf(services.store, id);
  expect(decision?.evidence.doubts).toEqual([]);
  expect(decision?.evidence.sessions).toBe(own[0]);
  expect(decision?.next.stage).toBe('canary 100');
});

test.each<[string, (revision: number | undefined) => number | undefined]>([
  ['that says it had the pointer', (revision) => revision],
  ['that logs no revision, so that only the clock tells', () => undefined],
])('an isolate that assigns by another share is still found out: one %s', async (_, logs) => {
  await toQuarter();
  const quarter = services.pointer();
  await services.rollouts.advance();
  const half = services.pointer();
  // Fewer than above, so that a larger share of them is assigned by what was.
  await visit(4000, (afterMs) => ({
    by: afterMs < PUBLISHING_MS + REFRESH_MS ? quarter : half,
    logs: logs(half.revision),
  }));
  const decision = await services.rollouts.advance();
  expect(decision?.next.stage).toBe('canary 50');
  expect(decision?.evidence.doubts).toEqual([
    expect.stringMatching(/^arm sizes that match their traffic \(at canary 50 /),
  ]);
});
