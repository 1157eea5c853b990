import { sql } from 'drizzle-orm';
import { clicksByDay } from '../../../../backend/experiments/clicks.ts';
import { collect } from '../../../../backend/experiments/collect-statistics.ts';
import type { Experiment } from '../../../../backend/experiments/new-experiment.ts';
import { storedUnits } from '../../../../backend/experiments/stored-units.ts';
import { storeUnits } from '../../../../backend/experiments/store-units.ts';
import type { Rules } from '../../../../backend/log/account/rules.ts';
import { gatherUnits } from '../../../../backend/log/account/units.ts';
import { openObjectStore } from '../../../../backend/log/partitions/open-object-store.ts';
import { readPart } from '../../../../backend/log/partitions/part-file.ts';
import { readPartBytes } from '../../../../backend/log/partitions/partition.ts';
import { syncPartitions } from '../../../../backend/log/partitions/partitions.ts';
import { readDayRates } from '../../../../backend/monitor/daily-rates.ts';
import { amountOf } from '../../../../backend/science/learn/tallies.ts';
import type { Store } from '../../../../backend/store/open.ts';
import type { MetricDefinition } from '../../../../shared/domain/metric.ts';
import { smarttrip } from '../../../../shared/features/smarttrip.ts';
import { dayOf, floorToDay } from '../../../../shared/domain/utc-day.ts';
import { runningExperiment } from '../../experiments/support/experiment-log.ts';

/** Facts that every reader must agree on; `outcome.value` of what training leaves out is told apart. */
export const FACTS = [
  'rankings',
  'click',
  'dwell',
  'dwell_seconds',
  'save',
  'contact',
  'booking_start',
  'booking',
  'booking_value',
  'cancel',
  'payment',
  'payment_value',
  'outcome.value',
] as const;

export type Facts = Readonly<Record<(typeof FACTS)[number], number>>;

const METRICS = FACTS.map((name): MetricDefinition => ({
  name,
  kind: 'mean',
  numerator: name,
  better: 'higher',
}));
const SPAN = { from: 0, to: Date.UTC(2100, 0, 1) };

/** Three experiments in which everybody is: `exp_1` by session, `exp_2` by user, `exp_3` interleaved. */
export async function everybodyIn(store: Store): Promise<Experiment[]> {
  const metrics = [...METRICS];
  return [
    await runningExperiment(store, { id: 'exp_1', metrics }),
    await runningExperiment(store, { id: 'exp_2', unit: 'user', metrics }),
    await runningExperiment(store, { id: 'exp_3', design: 'interleaved' }),
  ];
}

/** What each reader makes of the log; the account is up to date. */
export async function everyReader(
  store: Store,
  [bySession, byUser, interleaved]: readonly Experiment[],
  folder: string,
  rules: Rules,
  days: readonly number[],
) {
  const { db } = store;
  const objects = openObjectStore({ kind: 'folder', path: folder });
  const deps = { db, objects, accountRules: rules, nowMs: () => 0, maxLagMs: 0 };
  const manifests = await syncPartitions(deps, smarttrip, SPAN);
  const training = emptyFacts();
  let [clickedRankings, clickedItems] = [0, 0];
  for (const part of manifests.flatMap(({ parts }) => parts))
    for await (const { tallies } of readPart(await readPartBytes(objects, part))) {
      training.rankings++;
      const clicked = tallies.filter((tally) => tally?.click !== undefined).length;
      clickedItems += clicked;
      if (clicked > 0) clickedRankings++;
      for (const tally of tallies)
        if (tally) for (const fact of FACTS) training[fact] += amountOf(tally, fact);
    }
  const unitFacts = async (unit: 'session' | 'user') => {
    await gatherUnits(store, { ...rules, unit, observeDays: 60, context: [] }, 0);
    const rows = await db.all<{ values: string; outcomes: string }>(
      sql`select "values", outcomes from metric_units where kind = ${unit}`,
    );
    const facts = emptyFacts();
    for (const { values, outcomes } of rows) {
      for (const fact of FACTS) facts[fact] += amountOf(JSON.parse(values), fact);
      for (const [key, value] of Object.entries(JSON.parse(outcomes) as Record<string, number>))
        if (key.startsWith('value@')) facts['outcome.value'] += value;
    }
    return facts;
  };
  const experimentFacts = async (experiment: Experiment) => {
    const facts = emptyFacts();
    const { statistics } = await collect(store, experiment);
    for (const { statistics: own } of statistics.days)
      for (const fact of FACTS) {
        const statistic = own[fact];
        if (statistic.kind === 'mean') facts[fact] += statistic.sum;
        if (statistic.kind === 'adjusted') facts[fact] += statistic.post.sum;
      }
    return facts;
  };
  const storedFacts = async (experiment: Experiment, unit: 'session' | 'user') => {
    await storeUnits(store, experiment);
    const scope = { experiment: experiment.id, unit, ...SPAN };
    const units = (await storedUnits(db, scope)).units.filter(({ refused }) => !refused);
    return units.length;
  };
  const clicks = await clicksByDay(store, SPAN);
  const rates = await Promise.all(
    [...new Set(days.map(floorToDay))].map((day) => readDayRates(store, dayOf(day))),
  );
  const { statistics } = await collect(store, interleaved);
  const sum = (numbers: readonly number[]) => numbers.reduce((a, b) => a + b, 0);
  return {
    training,
    sessions: await unitFacts('session'),
    users: await unitFacts('user'),
    experimentBySession: await experimentFacts(bySession),
    experimentByUser: await experimentFacts(byUser),
    storedSessions: await storedFacts(bySession, 'session'),
    storedUsers: await storedFacts(byUser, 'user'),
    clickedRankings: {
      training: clickedRankings,
      clickThrough: sum(clicks.map(({ clicked }) => clicked)),
      quality: sum(manifests.map(({ facts }) => facts.clicked)),
    },
    shownRankings: {
      training: training.rankings,
      clickThrough: sum(clicks.map(({ rankings }) => rankings)),
      monitors: sum(rates.map(({ rankings }) => rankings)),
      quality: sum(manifests.map(({ facts }) => facts.kept)),
    },
    clickedSoon: sum(rates.map(({ clicked }) => clicked)),
    bookedSoon: sum(rates.map(({ booked }) => booked)),
    clickedItems: {
      training: clickedItems,
      interleaving: sum(Object.values(statistics.interleaving!.clicks)),
    },
    faults: manifests.reduce<Record<string, number>>((all, { facts }) => {
      for (const [fault, n] of Object.entries(facts.events)) all[fault] = (all[fault] ?? 0) + n;
      return all;
    }, {}),
  };
}

export const emptyFacts = () =>
  Object.fromEntries(FACTS.map((fact) => [fact, 0])) as Record<(typeof FACTS)[number], number>;

export const MIDNIGHT = Date.UTC(2026, 2, 11);
