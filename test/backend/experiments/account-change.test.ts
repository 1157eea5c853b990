import { afterEach, beforeEach, expect, test } from 'vitest';
import { collect } from '../../../backend/experiments/collect-statistics.ts';
import type { Experiment } from '../../../backend/experiments/new-experiment.ts';
import {
  freezeReport,
  outdatedExperiments,
  reportOf,
  type ReportDeps,
} from '../../../backend/experiments/reports.ts';
import { stopOutdated } from '../../../backend/experiments/stop-outdated.ts';
import { storeUnits } from '../../../backend/experiments/store-units.ts';
import { accountOfUnits } from '../../../backend/experiments/stored-units.ts';
import { accountVersion, type Rules } from '../../../backend/log/account/rules.ts';
import { NO_FILTERS } from '../../../backend/log/account/filters.ts';
import { updateAccount } from '../../../backend/log/account/update-account.ts';
import { pruneLog } from '../../../backend/log/retention/prune.ts';
import { experimentSummary } from '../../../backend/science/experiment/report-summary.ts';
import { DAY, happened, NOON, openLog, rankingOf, type Log } from '../log/support/log.ts';
import { runningExperiment } from './support/experiment-log.ts';

const BEFORE: Rules = { attributionDays: 7, filters: NO_FILTERS };
const AFTER: Rules = { attributionDays: 7, filters: { ...NO_FILTERS, duplicateWithinMs: 1000 } };

let log: Log;
let experiment: Experiment;
beforeEach(async () => {
  log = await openLog();
  experiment = await runningExperiment(log.store, { startedAt: NOON - DAY });
  await visitOn(0);
});
afterEach(() => log.close());

/** Two visitors, of whom each clicks twice at once. */
async function visitOn(day: number): Promise<void> {
  const shown = ['control', 'treatment'].map((arm) =>
    rankingOf(`${arm}-${day}`, NOON + day * DAY, { arm: `exp_1:${arm}` }),
  );
  await log.add(
    shown,
    shown.flatMap((one) => [happened(one, 'click'), happened(one, 'click', { afterMs: 5300 })]),
  );
}

/** As a backend with these rules has it, so many days later. */
function backendOf(rules: Rules, daysLater: number, retentionDays = 90): ReportDeps {
  const { store } = log;
  const counted = async <T>(read: () => Promise<T>): Promise<T> => {
    await updateAccount(store, rules, NOON + daysLater * DAY);
    return read();
  };
  return {
    store,
    collect: (one) => counted(() => collect(store, one)),
    collectStored: (one) => counted(() => collect(store, one, { stored: true })),
    storeUnits: (one) => counted(() => storeUnits(store, one)),
    account: accountVersion(rules),
    weightsOf: async () => undefined,
    retentionDays,
    keptDays: 365,
    nowMs: () => NOON + daysLater * DAY,
  };
}

const clicksIn = async (deps: ReportDeps) => {
  const { collected } = (await reportOf(deps, experiment))!;
  const clicks = collected.statistics.days.map(({ statistics }) => {
    const statistic = statistics.clicks_per_ranking;
    return statistic.kind === 'ratio' ? statistic.numerator.sum : NaN;
  });
  return { account: collected.statistics.account, clicks };
};

test('a running experiment whose log is whole is recomputed, with its stored units', async () => {
  const before = backendOf(BEFORE, 1);
  await freezeReport(before, experiment);
  expect(await clicksIn(before)).toEqual({ account: before.account, clicks: [2, 2] });
  const after = backendOf(AFTER, 2);
  await freezeReport(after, experiment);
  expect(await clicksIn(after)).toEqual({ account: after.account, clicks: [1, 1] });
  expect(await accountOfUnits(log.store, experiment.id)).toBe(after.account);
  expect(await outdatedExperiments(after)).toEqual([]);
});

test('one whose log is not is stopped with a notice, and nothing of both accounts is in one figure', async () => {
  const before = backendOf(BEFORE, 1);
  await freezeReport(before, experiment);
  await pruneLog(log.store, NOON + DAY / 2, 0);
  await visitOn(20);
  const after = backendOf(AFTER, 21, 20);
  await freezeReport(after, experiment);
  expect(await clicksIn(after)).toEqual({ account: before.account, clicks: [2, 2] });
  expect(await accountOfUnits(log.store, experiment.id)).toBe(before.account);

  const [stopped, said]: string[][] = [[], []];
  const experiments = {
    async stop(id: string, by: string, reason?: string) {
      stopped.push(id, by, reason!);
      return experiment;
    },
  };
  await stopOutdated({ reports: after, experiments, log: (line) => said.push(line) });
  expect(stopped).toEqual([
    'exp_1',
    'trimtab',
    expect.stringMatching(/earlier version of the account/),
  ]);
  expect(said[0]).toMatch(
    /experiment of a test \(exp_1\) was stopped: .*earlier version of the account/,
  );
  const { analysis } = (await reportOf(after, experiment))!;
  expect(experimentSummary(analysis, 'exp').join('\n')).toContain(
    `doubt: these figures were counted by an earlier account of what people did (${before.account}; the current one is ${after.account})`,
  );
});

test('one that goes on under the account that it began with is stored on', async () => {
  const deps = backendOf(BEFORE, 1);
  await freezeReport(deps, experiment);
  await pruneLog(log.store, NOON + DAY / 2, 0);
  await visitOn(20);
  const later = backendOf(BEFORE, 21, 20);
  await freezeReport(later, experiment);
  expect(await clicksIn(later)).toEqual({ account: later.account, clicks: [2, 2, 2, 2] });
  expect(await outdatedExperiments(later)).toEqual([]);
});
