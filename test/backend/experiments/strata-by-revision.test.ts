import { afterEach, beforeEach, expect, test } from 'vitest';
import type { CollectOptions } from '../../../backend/experiments/collect-statistics.ts';
import type { Experiment } from '../../../backend/experiments/new-experiment.ts';
import { servedArms } from '../../../backend/experiments/served-arms.ts';
import { recordOutcomes } from '../../../backend/log/ingest/outcomes.ts';
import { numberPointer, recordFoundRevision } from '../../../backend/models/pointer-revisions.ts';
import type { Decision } from '../../../shared/domain/decision.ts';
import { parseSessionId, RULES_VERSION } from '../../../shared/domain/ids.ts';
import type { Pointer } from '../../../shared/domain/pointer.ts';
import { happened, NOON, openLog, rankingOf, type Log } from '../log/support/log.ts';
import { collectStatistics } from './support/collect-statistics.ts';
import { runningExperiment } from './support/experiment-log.ts';

const MINUTE = 60_000;
/** The pointer was moved at noon, from revision 1 to 2. */
const BEFORE = { revisions: [1], from: NOON - 60 * MINUTE, to: NOON - 1 };
const AFTER = { revisions: [2], from: NOON, to: NOON + 60 * MINUTE };

let log: Log;
let experiment: Experiment;
beforeEach(async () => {
  log = await openLog();
  experiment = await runningExperiment(log.store, {
    metrics: [
      { name: 'clicks', kind: 'mean', numerator: 'click', better: 'higher' },
      { name: 'value', kind: 'mean', numerator: 'outcome.value', better: 'higher' },
      {
        name: 'per_ranking',
        kind: 'ratio',
        numerator: 'click',
        denominator: 'rankings',
        better: 'higher',
      },
    ],
  });
});
afterEach(() => log.close());

const visit = (
  session: string,
  arm: 'control' | 'treatment',
  minutes: number,
  pointerRevision?: number,
): Decision =>
  rankingOf(`${session}-${minutes}`, NOON + minutes * MINUTE, {
    sessionId: parseSessionId(session),
    arm: `exp_1:${arm}`,
    ...(pointerRevision && { pointerRevision }),
  });

/** Units by arm. */
async function unitsIn(options: CollectOptions) {
  const { days, multipleExposure } = await collectStatistics(log.store, experiment, options);
  const of = (arm: string) =>
    days.filter((day) => day.arm === arm).reduce((sum, { units }) => sum + units, 0);
  return { control: of('control'), treatment: of('treatment'), several: multipleExposure.units };
}

test('a session belongs to the revision of its first exposure alone, whatever the clock says', async () => {
  await log.add([
    // Of an isolate that still had the pointer of before, and of one whose clock is slow.
    visit('late', 'control', 2, 1),
    visit('slow-clock', 'treatment', -3, 2),
    // It changed arms with the pointer: it is one of the control's, and none of several arms.
    visit('changed', 'control', -1, 1),
    visit('changed', 'treatment', 5, 2),
    visit('new', 'treatment', 6, 2),
    // Assigned by what a hand wrote under a number that nobody knows.
    visit('unknown', 'treatment', 7, 9),
  ]);
  expect(await unitsIn(BEFORE)).toEqual({ control: 2, treatment: 0, several: 0 });
  expect(await unitsIn(AFTER)).toEqual({ control: 0, treatment: 2, several: 0 });
  // Where both are of one stratum it saw two arms, and is in neither.
  expect(await unitsIn({ ...AFTER, revisions: [1, 2] })).toEqual({
    control: 1,
    treatment: 2,
    several: 1,
  });
});

test('where the first exposure has no revision, the clock says where it belongs', async () => {
  await log.add([
    visit('old-edge', 'control', -2),
    visit('old-edge', 'control', 3),
    visit('old-edge-later', 'treatment', 4),
    visit('too-late', 'treatment', 61),
    visit('edge-replaced', 'treatment', -4),
    visit('edge-replaced', 'treatment', 4, 2),
  ]);
  expect(await unitsIn(BEFORE)).toEqual({ control: 1, treatment: 1, several: 0 });
  expect(await unitsIn(AFTER)).toEqual({ control: 0, treatment: 1, several: 0 });
});

test('a session counts until it is ranked under another revision, and not to the minute of the step', async () => {
  const first = visit('ana', 'control', -1, 1);
  const second = visit('ana', 'treatment', 5, 2);
  await log.add(
    [first, second],
    [
      happened(first, 'click'),
      // After the step, and still on the slate of before.
      happened(first, 'click', { slot: 1, afterMs: 3 * MINUTE }),
      happened(second, 'click'),
    ],
  );
  await recordOutcomes(
    log.store,
    [
      { outcomeId: 'o1', sessionId: 'ana', metric: 'value', value: 7, at: NOON + 4 * MINUTE },
      { outcomeId: 'o2', sessionId: 'ana', metric: 'value', value: 90, at: NOON + 9 * MINUTE },
    ],
    NOON,
  );
  const { days } = await collectStatistics(log.store, experiment, BEFORE);
  const control = days.find(({ arm }) => arm === 'control')!;
  expect(control.units).toBe(1);
  expect(control.statistics).toMatchObject({ clicks: { sum: 2 }, value: { sum: 7 } });
  const { days: alone } = await aloneWith(first);
  expect(control).toEqual(alone.find(({ arm }) => arm === 'control'));
});

/** The same without the session's second ranking and all that came after it. */
async function aloneWith(first: Decision) {
  await log.close();
  log = await openLog();
  experiment = await runningExperiment(log.store, { metrics: experiment.metrics });
  await log.add(
    [first],
    [happened(first, 'click'), happened(first, 'click', { slot: 1, afterMs: 3 * MINUTE })],
  );
  await recordOutcomes(
    log.store,
    [{ outcomeId: 'o1', sessionId: 'ana', metric: 'value', value: 7, at: NOON + 4 * MINUTE }],
    NOON,
  );
  return collectStatistics(log.store, experiment);
}

test('which arms a revision served is read from what was published, and unknown once a hand reused its number', async () => {
  const pointer = (share: number): Pointer => ({
    champion: RULES_VERSION,
    layers: [
      {
        name: 'l',
        salt: 's',
        unit: 'session',
        experiments: [
          {
            id: 'exp_1',
            salt: 't',
            status: 'running',
            range: [0, 1],
            traffic: 1,
            design: 'split',
            trigger: 'ranked',
            arms: [
              { name: 'treatment', weight: share },
              { name: 'control', weight: 1 - share },
            ],
          },
        ],
      },
    ],
  });
  const { store } = log;
  await numberPointer(store, pointer(0.25), NOON);
  await numberPointer(store, { champion: RULES_VERSION }, NOON);
  await numberPointer(store, pointer(0.5), NOON);
  const served = async () =>
    (await servedArms(store, 'exp_1')).map(({ revision, arms }) => [revision, arms[0].weight]);
  expect(await served()).toEqual([
    [1, 0.25],
    [3, 0.5],
  ]);
  expect(await servedArms(store, 'exp_')).toEqual([]);
  await store.write(
    recordFoundRevision(store, JSON.stringify({ ...pointer(0.9), revision: 3 }), NOON),
  );
  expect(await served()).toEqual([[1, 0.25]]);
});
