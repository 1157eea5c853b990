import { afterEach, beforeEach, expect, test } from 'vitest';
import { DAILY_TRAINING, jobsOf } from '../../../backend/runs/jobs.ts';
import { runsOneAtATime, type RunsOneAtATime } from '../../../backend/runs/shell/one-at-a-time.ts';
import { borrowStore, type BorrowedStore } from '../../support/borrow-store.ts';

let store: BorrowedStore;
let runs: RunsOneAtATime;
/** The placement of each run that began. */
let begun: unknown[];
beforeEach(async () => {
  store = await borrowStore();
  runs = runsOneAtATime(store, () => {});
  begun = [];
});
afterEach(() => store.close());

const start = (placement: string | undefined, finished: Promise<void>) =>
  runs.start(async () => {
    begun.push(placement);
    return { runId: `run_${begun.length}`, finished };
  });

const dailyTraining = () =>
  jobsOf({
    config: {
      training: { schedule: '0 3 * * *', fullSchedule: '' },
      trainingData: { pruneSchedule: '' },
      watchEveryMs: 1000,
      rollout: { schedule: '' },
      placements: { home: {}, search: {} },
    },
    trainer: { start: ({ placement }: { placement?: string }) => start(placement, done()) },
    log: () => {},
  } as unknown as Parameters<typeof jobsOf>[0])
    .find(({ name }) => name === DAILY_TRAINING)!
    .run();
const done = () => new Promise<void>((resolve) => setTimeout(resolve, 20));

test('every lineage is trained, one after the other', async () => {
  await dailyTraining();
  expect(begun).toEqual([undefined, 'home', 'search']);
});

test('lineages of placements are trained also where another run is under way as the day begins', async () => {
  const byHand = Promise.withResolvers<void>();
  await start('by hand', byHand.promise);
  const problem = dailyTraining().catch((error: unknown) => error);
  byHand.resolve();
  expect(await problem).toMatchObject({ code: 'training_running' });
  expect(begun).toEqual(['by hand', 'home', 'search']);
});

test('a backend that ends begins no run that waits for its turn, and does not wait for one', async () => {
  const byHand = Promise.withResolvers<void>();
  await start('by hand', byHand.promise);
  const problem = dailyTraining().catch((error: unknown) => error);
  runs.abandon();
  expect(await problem).toMatchObject({ code: 'training_running' });
  expect(begun).toEqual(['by hand']);
  byHand.resolve();
});
