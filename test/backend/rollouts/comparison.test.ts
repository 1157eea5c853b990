import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ModelComparison } from '../../../backend/science/training/compare-models.ts';
import { parseItemId, parseSessionId } from '../../../shared/domain/ids.ts';
import { seededRandom } from '../../../shared/explore/random.ts';
import { bucketCount, featureIndex } from '../../../shared/features/schema.ts';
import { smarttrip } from '../../../shared/features/smarttrip.ts';
import { runCli } from '../cli/support/cli.ts';
import { eventually, SECRET_KEY, startTestBackend, type TestBackend } from '../support/backend.ts';
import { decisionOf, eventOf, send } from '../support/batches.ts';

const SLOTS = 6;
const RANKINGS = 400;
const ITEMS = Array.from({ length: SLOTS }, (_, slot) => parseItemId(`item-${slot}`));
const FEATURES = smarttrip.features.length;
const DURATION = featureIndex(smarttrip, 'duration');

let backend: TestBackend;
beforeAll(async () => {
  backend = await startTestBackend();
  await send(backend, { batchId: 'visits', ...visits() });
});
afterAll(() => backend.close());

/** Visitors who click the item whose duration fits best. */
function visits() {
  const random = seededRandom(11);
  const at = Date.now() - 3_600_000;
  const decisions = Array.from({ length: RANKINGS }, (_, index) => {
    const codes = new Uint8Array(SLOTS * FEATURES);
    smarttrip.features.forEach((spec, feature) => {
      for (let slot = 0; slot < SLOTS; slot++)
        codes[slot * FEATURES + feature] = 1 + Math.floor(random() * (bucketCount(spec) - 1));
    });
    return decisionOf(`visit-${index}`, {
      at: at + index,
      sessionId: parseSessionId(`session-${index}`),
      itemIds: ITEMS,
      units: ITEMS.map(() => 0),
      propensities: ITEMS.map(() => 0.5),
      snapshot: '',
      codes,
    });
  });
  const events = decisions.map(({ rankingId, codes, sessionId, at: shownAt }, index) => {
    const duration = (slot: number) => codes[slot * FEATURES + DURATION];
    const clicked = ITEMS.map((_, slot) => slot).toSorted((a, b) => duration(a) - duration(b))[0];
    return eventOf(`click-${index}`, rankingId, {
      sessionId,
      itemId: ITEMS[clicked],
      position: clicked + 1,
      timestamp: shownAt + 900,
      receivedAt: shownAt + 1000,
    });
  });
  return { decisions, events };
}

test('POST /v1/compare is a run whose report tells learners apart, and stores no version', async () => {
  const { status, body } = await backend.call('POST', '/v1/compare', { learners: ['boosted'] });
  expect(status).toBe(202);
  expect((await backend.call('POST', '/v1/train', {})).body.code).toBe('training_running');
  const run = await eventually(async () => {
    const found = (await backend.call('GET', `/v1/runs/${body.runId}`)).body;
    return found.status !== 'running' && found;
  });
  expect(run).toMatchObject({ status: 'done', version: null, params: { kind: 'comparison' } });
  const report: ModelComparison = run.progress.report;
  expect(report.models.map(({ learner }) => learner)).toEqual(['additive', 'boosted']);
  for (const { importance } of report.models) {
    const best = importance.features.toSorted((a, b) => b.permutation.raw - a.permutation.raw)[0];
    expect(best.feature).toBe('duration');
  }
  const { runs } = (await backend.call('GET', '/v1/runs')).body;
  expect(runs[0]).toMatchObject({ id: body.runId, progress: { phase: 'done' } });
  expect(runs[0].progress.report).toBeUndefined();
  expect((await backend.call('GET', '/v1/status')).body.training).toMatchObject({
    running: null,
    last: null,
  });
});

test.each([
  ['a learner that there is not', { learners: ['oracle'] }],
  ['one fold', { folds: 1 }],
  ['no learner', { learners: [] }],
  ['what only training takes', { publish: true }],
])('%s is refused', async (_, asked) => {
  expect(await backend.call('POST', '/v1/compare', asked)).toMatchObject({ status: 400 });
});

test('trimtab compare prints Markdown for people and JSON for machines', async () => {
  const compare = (...args: string[]) =>
    runCli(['compare', '--learners', 'additive', '--backend', backend.url, ...args], {
      TRIMTAB_KEY: SECRET_KEY,
    });
  const text = await compare('--markdown', '--folds', '2');
  expect(text.stdout).toMatch(/^## Learners on smarttrip\n/);
  expect(text.stdout).toContain('## Cross-validation, 2 folds by session');
  expect(text.stdout).toContain('## Mean points by duration');
  const json = await compare('--json');
  expect(JSON.parse(json.stdout)).toMatchObject({ models: [{ learner: 'additive' }] });
  const wrong = await compare('--learners', 'oracle');
  expect(wrong.stderr).toContain('"oracle" is none of additive, boosted, forest, mlp.');
  expect(wrong.exitCode).not.toBe(0);
});
