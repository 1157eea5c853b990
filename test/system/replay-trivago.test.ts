import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { backendClient } from '../../backend/client/backend-client.ts';
import { edgeClient } from '../../backend/replay/edge-client.ts';
import { readTrivago } from '../../backend/replay/read-trivago.ts';
import { reportText, type ReplayReport } from '../../backend/replay/replay-report.ts';
import { POLICY_OF, replayTrivago } from '../../backend/replay/replay-trivago.ts';
import type { LearnerName } from '../../backend/science/learn/learners/learner.ts';
import { searchesOf, splitBySession } from '../../backend/replay/trivago-searches.ts';
import { RULES_VERSION } from '../../shared/domain/ids.ts';
import { liveAtEdge } from '../support/client.ts';
import { needsShared, sharedFile } from '../support/shared-data.ts';
import { sized } from '../support/size.ts';
import { startSystem, type System } from '../support/system.ts';

const FILE = 'data/trivago/sessions.csv.gz';
/** The MLP alone trains for two minutes. */
const RERANKING = sized<readonly LearnerName[]>({
  small: ['boosted'],
  full: ['boosted'],
  hours: ['boosted', 'mlp'],
});
const quiet = () => ({ update() {}, stop() {} });

const { absent, why } = needsShared(FILE);

describe.skipIf(absent)(`real hotel searches${why}`, () => {
  let system: System;
  let report: ReplayReport;

  beforeAll(async () => {
    // First: it takes long enough for idle connections to be closed under the client.
    const [early, late] = splitBySession(searchesOf(readTrivago(sharedFile(FILE))), 0.6);
    system = await startSystem();
    const target = {
      edge: edgeClient(system.edge.url, system.keys.secretKey),
      backend: backendClient({ backend: system.backend.url, key: system.keys.secretKey }),
      progress: quiet,
    };
    report = await replayTrivago(target, early, late, ['additive', ...RERANKING]);
    console.log(reportText(report));
  }, 900_000);
  afterAll(() => system?.stop());

  const mrr = (policy: string) => report.policies.find((found) => found.policy === policy)!.mrr;

  it('are judged on sessions that nothing was learned from', () => {
    expect(report.served.searches).toBeGreaterThan(5000);
    expect(report.evaluated.searches).toBeGreaterThan(3000);
    expect(mrr('learned').n).toBe(report.evaluated.searches);
    expect(mrr('learned').clusters).toBe(report.evaluated.sessions);
  });

  it('score 0.455 in the order that the site showed', () => {
    expect(mrr('as shown').mean).toBeCloseTo(0.455, 2);
  });

  it('are ranked better by the learned weights than by "last viewed first", beyond doubt', () => {
    const [gain] = report.gains;
    expect(gain.mean).toBeGreaterThanOrEqual(0.015);
    expect(gain.low).toBeGreaterThan(0);
    expect(mrr('learned').mean).toBeGreaterThanOrEqual(0.62);
    expect(mrr('learned').mean - mrr('last viewed first').mean).toBeCloseTo(gain.mean, 10);
  });

  it.each(RERANKING.map((learner) => POLICY_OF[learner]))(
    'are re-ranked at the edge as well by what is %s',
    (policy) => expect(mrr(policy).mean).toBeGreaterThanOrEqual(0.615),
  );

  it('reach an MRR of 0.622 with LambdaMART through the edge', () => {
    expect(mrr('learned, boosted').mean).toBeGreaterThanOrEqual(0.622);
  });

  it('are compared search by search: what re-ranks beside the additive weights', () => {
    expect(report.gainsOverFirst).toHaveLength(RERANKING.length);
    for (const gain of report.gainsOverFirst) {
      expect(gain.mean).toBeCloseTo(mrr(gain.policy).mean - mrr('learned').mean, 10);
      expect(gain.high).toBeGreaterThan(0);
    }
  });

  it('leave what is live as it was', async () => {
    expect(await liveAtEdge(system)).toMatchObject({ weights: RULES_VERSION, degraded: false });
  });
});
