import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ModelComparison } from '../../../backend/science/training/compare-models.ts';
import { seededRandom } from '../../../shared/explore/random.ts';
import { happened } from '../log/support/log.ts';
import { runCli } from '../cli/support/cli.ts';
import { runOver, SECRET_KEY, startTestBackend, type TestBackend } from '../support/backend.ts';
import { send } from '../support/batches.ts';
import { randomVisit, slotsByDuration } from '../support/visits.ts';

const SLOTS = 6;
const RANKINGS = 400;

let backend: TestBackend;
beforeAll(async () => {
  backend = await startTestBackend();
  await send(backend, { batchId: 'visits', ...visits() });
});
afterAll(() => backend.close());

/** Visitors who click the item whose duration fits best. */
function visits() {
  const random = seededRandom(11);
  const decisions = Array.from({ length: RANKINGS }, (_, n) => randomVisit(n, SLOTS, random));
  const events = decisions.map((decision) =>
    happened(decision, 'click', { slot: slotsByDuration(decision)[0], afterMs: 900 }),
  );
  return { decisions, events };
}

test('POST /v1/compare is a run whose report tells learners apart, and stores no version', async () => {
  const { status, body } = await backend.call('POST', '/v1/compare', { learners: ['boosted'] });
  expect(status).toBe(202);
  expect((await backend.call('POST', '/v1/train', {})).body.code).toBe('training_running');
  const run = await runOver(backend, body.runId);
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
  expect(text.stdout).toContain('## Cross-validation, 2 folds by visitor');
  expect(text.stdout).toContain('## Mean points by duration');
  const json = await compare('--json');
  expect(JSON.parse(json.stdout)).toMatchObject({ models: [{ learner: 'additive' }] });
  const wrong = await compare('--learners', 'oracle');
  expect(wrong.stderr).toContain('"oracle" is none of additive, boosted, forest, mlp.');
  expect(wrong.exitCode).not.toBe(0);
});
