import { bringUpToDate } from '../backend/log/support/bring-up-to-date.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ingest } from '../../backend/log/ingest/ingest.ts';
import { degradedMetrics } from '../../backend/monitor/degraded-metrics.ts';
import { findSampleRatioMismatch, readArmSizes } from '../../backend/monitor/sample-ratio.ts';
import { driftMonitor } from '../../backend/monitor/read-drift.ts';
import { runMonitors, type Monitor } from '../../backend/monitor/run-monitors.ts';
import { DEFAULT_MONITORS } from '../../backend/monitor/settings.ts';
import type { RolloutDecision } from '../../backend/rollouts/rollout-decision.ts';
import { replayDecisions } from '../../backend/rollouts/replay-decisions.ts';
import { decisionsOf, listRollouts } from '../../backend/rollouts/rollout-rows.ts';
import { alerts } from '../../backend/store/tables.ts';
import { packItems } from '../../shared/features/columns/item-table.ts';
import { smarttrip } from '../../shared/features/smarttrip.ts';
import { snapshotToBytes } from '../../shared/format/snapshot-bytes.ts';
import { RULES_VERSION, type Version } from '../../shared/domain/ids.ts';
import type { Pointer } from '../../shared/domain/pointer.ts';
import {
  ingestBatchFromBytes,
  ingestBatchToBytes,
  type IngestBatch,
} from '../../shared/format/ingest-bytes.ts';
import { visit } from '../world/visits.ts';
import {
  openRolloutServices,
  START_MS,
  type RolloutTestServices,
} from '../backend/rollouts/support/rollout-services.ts';
import { atEveryStage } from '../backend/rollouts/support/stages.ts';
import { sizedForHours } from '../support/size.ts';

const DAY_MS = 86_400_000;
const DAYS = 35;
/** Fewer sessions can show as much where more of them click and the good one is better, and each arm is judged from fewer of them on. */
const [SESSIONS_A_DAY, BASE_RATE, MIN_PER_ARM, GOOD] = sizedForHours(
  [1250, 0.6, 30, 1.5],
  [6000, 0.4, 60, 1.2],
);
/** What the visitors of each version click, relative to the rules; and what becomes of all of them one day. */
const [BAD, DRIFTED] = [0.6, 0.25];
const DRIFT_DAY = 32;
const GATE = { verdict: 'promote', reason: 'planted' } as const;
/** The stages of a site that has a few thousand visitors a day. */
const STEP = { minMs: DAY_MS, minSessions: MIN_PER_ARM - 10 };

let services: RolloutTestServices;
beforeAll(async () => {
  services = await openRolloutServices({
    minimumPerArm: MIN_PER_ARM,
    // So that the month has an interleaving.
    interleaveFromMs: 7 * DAY_MS,
    steps: atEveryStage(STEP),
  });
});
afterAll(() => services?.close());

/** The share of a day's visitors who were shown a version: an interleaved slate is half its own. */
const shareOf = ({ decisions }: IngestBatch, version: Version, { arms = {} }: Pointer) => {
  const alone = decisions.filter(({ weights }) => weights === version).length;
  const mixed = Object.values(arms).includes(version)
    ? decisions.filter(({ teams }) => teams !== undefined).length
    : 0;
  return (alone + mixed / 2) / decisions.length;
};

test(
  `in five weeks of ${SESSIONS_A_DAY} sessions a day with a bad challenger, a good one and a drift, the good one ends as champion, the bad one is withdrawn at 5 % or less, and a rollback wins over everything`,
  { timeout: 900_000 },
  async () => {
    const { livePointer, rollouts, clock, store } = services;
    const timeline: string[] = [];
    const today = () => Math.round((clock.nowMs - START_MS) / DAY_MS);
    const tell = (what: string) => timeline.push(`day ${String(today()).padStart(2)}  ${what}`);
    const bad = await services.newVersion('bad');
    const good = await services.newVersion('good');
    const worth = new Map([
      [bad, BAD],
      [good, GOOD],
    ]);
    const account = { update: () => bringUpToDate(store, { nowMs: clock.nowMs }) };
    const deps = { store, account, versions: services.versions, settings: DEFAULT_MONITORS };
    const monitors: Monitor[] = [
      { kind: 'degraded metrics', check: degradedMetrics(deps) },
      {
        kind: 'drift',
        check: driftMonitor({
          ...deps,
          liveSchema: async () => smarttrip,
          sampleCatalogue: async () => ({
            items: 0,
            bytes: snapshotToBytes(smarttrip, packItems(smarttrip.columns, [])),
          }),
        }),
      },
      {
        kind: 'sample ratio mismatch',
        check: async () =>
          findSampleRatioMismatch(await readArmSizes(deps), DEFAULT_MONITORS.sampleRatio),
      },
    ];
    const served: Record<'bad' | 'good', number>[] = [];
    let rolledBackOn = 0;

    for (let day = 1; day <= DAYS; day++) {
      if (day === 2) await rollouts.propose(bad, GATE, 'run of the 2nd');
      if (day === 8) await rollouts.propose(good, GATE, 'run of the 8th');
      const pointer = services.pointer();
      const [from, to] = [clock.nowMs, clock.nowMs + DAY_MS];
      const drift = day < DRIFT_DAY ? 1 : DRIFTED;
      const batch = visit({
        pointer,
        from,
        to,
        sessions: SESSIONS_A_DAY,
        seed: day,
        clickRate: (version) => BASE_RATE * drift * (worth.get(version) ?? 1),
      });
      served.push({ bad: shareOf(batch, bad, pointer), good: shareOf(batch, good, pointer) });
      clock.nowMs = to;
      await ingest(store, ingestBatchFromBytes(ingestBatchToBytes(batch)), to);
      const decision = await rollouts.advance();
      if (decision !== undefined) tell(decision.why);
      await runMonitors({ store, monitors, clearMs: 0, nowMs: () => clock.nowMs, log: tell });

      if (rolledBackOn === 0 && decision?.next.stage === 'canary 25') {
        rolledBackOn = day;
        await livePointer.rollback(RULES_VERSION, 'ana');
        tell('ana rolls back to v000000');
        await expect(livePointer.promote(good, 'run')).rejects.toThrow(/release first/);
        await expect(rollouts.propose(good, GATE, 'run')).rejects.toThrow(/release first/);
      }
      if (rolledBackOn > 0 && day === rolledBackOn + 2) {
        await livePointer.release('ana');
        tell('ana releases the hold');
        expect((await rollouts.advance())?.next.stage).toBe('withdrawn');
        await rollouts.propose(good, GATE, 'ana');
        tell(`ana proposes ${good} again`);
      }
    }
    process.stdout.write(`${timeline.join('\n')}\n`);

    expect(services.pointer()).toMatchObject({ champion: good });
    const all = (await listRollouts(store, 10)).toReversed();
    expect(
      all.map(({ challenger, stage, endedAt }) => [challenger, stage, endedAt !== null]),
    ).toEqual([
      [bad, 'withdrawn', true],
      [good, 'withdrawn', true],
      [good, 'champion', true],
    ]);
    const logs = await Promise.all(all.map(({ id }) => decisionsOf(store, id)));
    for (const log of logs) expect(replayDecisions(log)).toEqual(log);

    const alerted = await store.db.select().from(alerts);
    expect(alerted.map(({ key }) => key)).toEqual(['degraded metrics: click-through']);
    expect(alerted[0].openedAt).toBeGreaterThan(START_MS + DRIFT_DAY * DAY_MS - 1);

    // 5 % of a day's sessions, give or take chance: 1 % of 6,000, which is 3.55 standard deviations.
    const chance = 3.55 * Math.sqrt((0.05 * 0.95) / SESSIONS_A_DAY);
    expect(Math.max(...served.map((share) => share.bad))).toBeLessThan(0.05 + chance);
    expect(logs[0].at(-1)!.why).toMatch(
      /(which is less than half|worse than the -2.00 % allowed): v000001 is withdrawn/,
    );
    const lastSeen = served.findLastIndex((share) => share.bad > 0) + 1;
    const noticed = (logs[0].at(-1)!.atMs - START_MS) / DAY_MS;
    expect(lastSeen).toBe(noticed);

    // From the rollback until the release nobody was shown anything but what ops had said.
    expect(served.slice(rolledBackOn, rolledBackOn + 2)).toEqual([
      { bad: 0, good: 0 },
      { bad: 0, good: 0 },
    ]);
    expect(stagesOf(logs[1])).toEqual([
      'shadow',
      'interleaved',
      'canary 5',
      'canary 25',
      'hold',
      'withdrawn',
    ]);
    expect(stagesOf(logs[2])).toEqual([
      'shadow',
      'interleaved',
      'canary 5',
      'canary 25',
      'canary 50',
      'canary 100',
      'champion',
    ]);
    expect(served.at(-1)).toEqual({ bad: 0, good: 1 });
  },
);

const stagesOf = (log: readonly RolloutDecision[]) =>
  log.filter(({ from, next }) => from.stage !== next.stage).map(({ next }) => next.stage);
