import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Decision } from '../../../../shared/domain/decision.ts';
import { parseItemId, parseSessionId, RULES_VERSION } from '../../../../shared/domain/ids.ts';
import { seededRandom } from '../../../../shared/explore/random.ts';
import { drawSlate } from '../../../../shared/explore/slate.ts';
import { bucketCount, featureIndex } from '../../../../shared/features/schema.ts';
import { DEMO } from '../../../../backend/config/demo.ts';
import { parseTrainingData } from '../../../../backend/log/settings.ts';
import { parseRollout } from '../../../../backend/rollouts/settings.ts';
import { smarttrip } from '../../../../shared/features/smarttrip.ts';
import { additiveFromPoints, scoreCodes, toPoints } from '../../../../shared/score/scorer.ts';
import { evaluationText } from '../../../../backend/runs/evaluate/evaluation-text.ts';
import { runOver, startTestBackend, type TestBackend } from '../../support/backend.ts';
import { send } from '../../support/batches.ts';
import { decisionOf } from '../../support/decisions.ts';
import { happened } from '../../log/support/log.ts';
import { sized } from '../../../support/size.ts';

const SEED = 2026;
const SLOTS = 6;
/** Rankings that the version learns from, and later ones that it is judged on. */
const [EARLY, LATE] = sized({ small: [600, 900], full: [800, 1500] });
const FEATURES = smarttrip.features.length;
const DURATION = featureIndex(smarttrip, 'duration');
const ITEMS = Array.from({ length: SLOTS }, (_, slot) => parseItemId(`item-${slot}`));
const rules = additiveFromPoints(smarttrip, smarttrip.rules, {
  version: RULES_VERSION,
  name: 'rules',
});
const random = seededRandom(SEED);
const start = Date.now() - 3 * 3_600_000;
let served = 0;
let backend: TestBackend;

/** The chance that a slot is looked at. */
const LOOKS = [0.9, 0.5, 0.3];

/** What a visitor clicks, if anything: what is looked at and whose duration fits; the rules hardly look at that. */
function visit(at: number): { decision: Decision; clicked: number } {
  const pool = Array.from({ length: SLOTS }, () =>
    Uint8Array.from(
      smarttrip.features,
      (spec) => 1 + Math.floor(random() * (bucketCount(spec) - 1)),
    ),
  );
  // As in a catalogue of likeable items: what tells them apart is their duration.
  for (const codes of pool)
    for (let f = 0; f < FEATURES; f++) if (f !== DURATION) codes[f] = pool[0][f];
  // A draw takes its pool best first.
  pool.sort((a, b) => scoreCodes(rules, b) - scoreCodes(rules, a));
  const units = pool.map((codes) => scoreCodes(rules, codes));
  const { exploration } = smarttrip;
  const drawn = drawSlate(units.map(toPoints), SLOTS, exploration, random);
  const order = drawn.map(({ index }) => index);
  const clicked = order
    .slice(0, LOOKS.length)
    .findIndex(
      (item, slot) => random() < LOOKS[slot] * Math.exp(-1.2 * (pool[item][DURATION] - 1)),
    );
  const decision = decisionOf(`visit-${served}`, {
    at,
    sessionId: parseSessionId(`session-${served++}`),
    limit: SLOTS,
    exploration,
    itemIds: order.map((item) => ITEMS[item]),
    units: order.map((item) => units[item]),
    propensities: drawn.map(({ propensity }) => propensity),
    snapshot: '',
    codes: Uint8Array.from(order.flatMap((item) => [...pool[item]])),
  });
  return { decision, clicked };
}

async function serve(batchId: string, count: number, from: number): Promise<void> {
  const visits = Array.from({ length: count }, (_, index) => visit(from + index));
  await send(backend, {
    batchId,
    decisions: visits.map(({ decision }) => decision),
    events: visits.flatMap(({ decision, clicked }) =>
      clicked < 0 ? [] : [happened(decision, 'click', { slot: clicked, afterMs: 900 })],
    ),
  });
}

beforeAll(async () => {
  backend = await startTestBackend({
    rollout: parseRollout({ mode: 'staged' }),
    trainingData: parseTrainingData({
      ...DEMO.trainingData,
      pruneSchedule: '',
      // An item with a chance surplus of rewards would lose some, and rankings are counted here.
      influence: { itemRise: null },
    }),
  });
  await serve('early', EARLY, start);
  const { body } = await backend.call('POST', '/v1/train', {
    to: start + 3_600_000,
    publish: false,
  });
  const run = await runOver(backend, body.runId);
  if (run.version !== 'v000001') throw new Error(JSON.stringify(run));
  await serve('late', LATE, start + 2 * 3_600_000);
});
afterAll(() => backend.close());

const evaluate = async (version: string) =>
  (await backend.call('POST', `/v1/weights/${version}/evaluate`, {})).body;

test('a version is judged on what was ranked after its data ended, and stored', async () => {
  const found = await evaluate('v000001');
  expect(found).toMatchObject({ version: 'v000001', against: 'v000000', rankings: LATE });
  expect(found.comparisons.ndcg10).toMatchObject({ kind: 'compared' });
  expect(evaluationText(found)).toMatch(`v000001 against v000000, on ${LATE} rankings since`);
  const text = evaluationText({
    ...found,
    belowMinimums: { version: ['3 of 30 days'], against: null },
  });
  expect(text).toContain('v000001: trained below the recommended minimums: 3 of 30 days');
  expect(text).toContain('v000000: whether its training data were enough is unknown');
  const { evaluations } = (await backend.call('GET', '/v1/weights/v000001/evaluations')).body;
  expect(evaluations).toMatchObject([{ against: 'v000000', report: { rankings: LATE } }]);
});

test('how much of the held-out log could be used is stored, and shown', async () => {
  const { coverage, offPolicy, champion } = await evaluate('v000001');
  expect(coverage).toMatchObject({
    rankings: LATE,
    overLimits: 0,
    rewarded: champion.rewarded,
    candidates: LATE * SLOTS,
    rewardedCandidates: champion.rewarded * SLOTS,
    served: LATE,
    offPolicy: offPolicy.units,
  });
  const [newest] = (await backend.call('GET', '/v1/weights/v000001/evaluations')).body.evaluations;
  expect(newest).toMatchObject({ coverage, report: { coverage } });
  const [rankings, candidates] = [LATE, LATE * SLOTS].map((n) => n.toLocaleString('en'));
  expect(evaluationText(newest.report)).toMatch(
    new RegExp(
      `coverage: [\\d,]+ of ${rankings} \\([\\d.]+ %\\) rankings and [\\d,]+ of ${candidates} \\([\\d.]+ %\\) candidates`,
    ),
  );
});

test('points that were set by hand are calibrated on earlier rankings before a log loss is printed', async () => {
  const found = await evaluate('v000001');
  const { champion, challenger } = found;
  // The rules know nothing of the clicks, so they may lose little to the rate alone, and not the size of their points.
  const rate = champion.calibration.bins.reduce(
    (sum: number, { n, rate: one }: { n: number; rate: number }) => sum + (n * one) / champion.rows,
    0,
  );
  const ofRate = -rate * Math.log(rate) - (1 - rate) * Math.log(1 - rate);
  expect(champion.measures.logLoss.mean).toBeLessThan(1.05 * ofRate);
  expect(champion).toMatchObject({ calibratedOn: EARLY });
  expect(challenger.calibratedOn).toBeUndefined();
  expect(evaluationText(found)).toContain(
    `calibrated (Platt scaling) on ${EARLY} earlier rankings`,
  );
});

test("before visitors, the champion's own log speaks for a better version: the off-policy gain lies above 0", async () => {
  const { gate, offPolicy } = await evaluate('v000001');
  expect(gate.verdict).toBe('promote');
  const [estimate] = offPolicy.estimates;
  expect(estimate).toMatchObject({ kind: 'estimate', estimator: 'cascade-dr' });
  expect(estimate.gain.low).toBeGreaterThan(0);
});

test('a worse version keeps the champion', async () => {
  const points = {
    ...smarttrip.rules,
    duration: [0, -30, -20, -10, 0, 10, 20].slice(0, bucketCount(smarttrip.features[DURATION])),
  };
  const { body } = await backend.call('POST', '/v1/weights', { name: 'contrary', points });
  const { gate } = await evaluate(body.version);
  expect(gate.verdict).toBe('keep champion');
  expect(gate.gain.high).toBeLessThan(0);
});

test('held-out rankings beyond what one person may weigh are left out, and the coverage says how many', async () => {
  const sessionId = parseSessionId('eager');
  const decisions = Array.from({ length: 15 }, (_, i) => ({
    ...visit(start + 2.5 * 3_600_000 + i * 60_000).decision,
    sessionId,
  }));
  await send(backend, { batchId: 'eager', decisions, events: [] });
  const found = await evaluate('v000001');
  expect(found.coverage).toMatchObject({ rankings: LATE + 10, overLimits: 5, served: LATE + 15 });
  expect(evaluationText(found)).toContain('need; 5 more rankings are left out, beyond what');
});

test('another schema, or a version that does not exist, is refused', async () => {
  expect((await evaluate('v000777')).code).toBe('unknown_version');
});
