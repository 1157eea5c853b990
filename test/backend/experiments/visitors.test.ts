import { afterAll, beforeAll, expect, test } from 'vitest';
import { connect } from '../../../backend/store/connect.ts';
import type { ExperimentReport } from '../../../backend/science/experiment/experiment-report.ts';
import type { Decision } from '../../../shared/domain/decision.ts';
import { exposuresToText } from '../../../shared/domain/experiment.ts';
import { parseSessionId, parseUserId, type Version } from '../../../shared/domain/ids.ts';
import { parsePointer } from '../../../shared/domain/pointer.ts';
import { seededRandom } from '../../../shared/explore/random.ts';
import { resolve } from '../../../shared/explore/resolve.ts';
import type { CollectedEvent } from '../../../shared/format/ingest-bytes.ts';
import { startTestBackend, type TestBackend } from '../support/backend.ts';
import { send } from '../support/batches.ts';
import { happened } from '../log/support/log.ts';
import { decisionOf } from '../support/decisions.ts';

const USERS = 3000;
const DAY_MS = 86_400_000;
const BETTER = 'v000001' as Version;
/** Chance that a user who likes to click does, and what the better version adds for everybody. */
const [EAGER, IDLE, ADDED] = [0.7, 0.1, 0.12];

let backend: TestBackend;
beforeAll(async () => {
  backend = await startTestBackend();
  await backend.call('POST', '/v1/weights', { name: 'better', points: {} });
});
afterAll(() => backend.close());

const visit = (name: string, user: number, at: number, changes: Partial<Decision>) =>
  decisionOf(name, {
    at,
    sessionId: parseSessionId(`s-${name}`),
    userId: parseUserId(`u-${user}`),
    request: JSON.stringify({ context: { device: user % 3 ? 'phone' : 'desk' } }),
    ...changes,
  });

const clickOn = (decision: Decision) => happened(decision, 'click', { afterMs: 900 });

/** Salts are drawn by chance; with these, the same visitors are in the same arms on every run. */
async function withKnownSalts(id: string): Promise<void> {
  const client = connect(backend.config.database);
  await client.execute({ sql: `update experiments set salt = 'arms' where id = ?`, args: [id] });
  await client.execute(`update layers set salt = 'places' where name = 'people'`);
  client.close();
}

test('visitors are served by the pointer, logged, and the planted effect is found with their own past in account', async () => {
  const asked = {
    name: 'better for all',
    layer: 'people',
    unit: 'user',
    traffic: 0.8,
    arms: [
      { name: 'control', weight: 50 },
      { name: 'better', weight: 50, version: BETTER },
    ],
    metrics: ['click_through', 'clicks_per_ranking'],
  };
  const { id } = (await backend.call('POST', '/v1/experiments', asked)).body;
  await withKnownSalts(id);
  await backend.call('POST', `/v1/experiments/${id}/start`, {});
  const pointer = parsePointer(backend.kv.text('WEIGHTS/active')!)!;
  const random = seededRandom(17);
  const now = Date.now();
  const decisions: Decision[] = [];
  const events: CollectedEvent[] = [];
  const add = (decision: Decision, chance: number) => {
    decisions.push(decision);
    if (random() < chance) events.push(clickOn(decision));
  };
  for (let user = 0; user < USERS; user++) {
    const chance = user % 2 ? EAGER : IDLE;
    for (const day of [3, 9, 20])
      add(visit(`b${day}-${user}`, user, now - day * DAY_MS, {}), chance);
    const visitor = { sessionId: `s-${user}`, userId: `u-${user}` };
    const { version, exposures } = resolve(pointer, visitor);
    const arm = exposures.length === 0 ? {} : { arm: exposuresToText(exposures) };
    const gain = version === BETTER ? ADDED : 0;
    add(visit(`n-${user}`, user, now - 60_000, { weights: version, ...arm }), chance + gain);
  }
  for (let from = 0; from < decisions.length; from += 4000) {
    const part = decisions.slice(from, from + 4000);
    const names = new Set(part.map(({ rankingId }) => rankingId));
    const own = events.filter(({ rankingId }) => names.has(rankingId));
    expect(
      (await send(backend, { batchId: `b-${from}`, decisions: part, events: own })).status,
    ).toBe(200);
  }
  const { report } = (await backend.call('GET', `/v1/experiments/${id}`)).body;
  const analysis: ExperimentReport = report.analysis;
  expect(analysis.unit).toBe('users');
  expect(analysis.srm).toMatchObject({ kind: 'srm', mismatch: false });
  const inIt = analysis.arms.reduce((sum, { units }) => sum + units, 0);
  expect(inIt / USERS).toBeGreaterThan(0.77);
  expect(inIt / USERS).toBeLessThan(0.83);
  const [comparison] = analysis.comparisons;
  const [clicked] = comparison.metrics;
  if (clicked.found.kind !== 'answer') throw new Error(clicked.found.message);
  const { fixed, sequential, standardError } = clicked.found.absolute;
  expect(fixed.low).toBeLessThan(ADDED);
  expect(fixed.high).toBeGreaterThan(ADDED);
  expect(sequential.low).toBeGreaterThan(0);
  expect(comparison.verdict.kind).toBe('better');
  // Whether a user clicked in three visits before is correlated by 0.43 with a click now: √(1 − 0.43²) = 0.90.
  const variance = (mean: number | null, units: number) => (mean! * (1 - mean!)) / units;
  const unadjusted = Math.sqrt(
    variance(clicked.control.mean, clicked.control.units) +
      variance(clicked.treatment.mean, clicked.treatment.units),
  );
  expect(standardError / unadjusted).toBeCloseTo(0.9, 1);
  expect(standardError / unadjusted).toBeLessThan(0.94);
  expect(comparison.segments.map(({ dimension }) => dimension)).toContain('device');
});
