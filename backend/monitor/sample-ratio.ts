import { and, desc, eq, isNull } from 'drizzle-orm';
import type { Account } from '../log/account/account.ts';
import { unitsPerArm } from '../experiments/exposed-units.ts';
import { revisionsServing, servedArms } from '../experiments/served-arms.ts';
import { sequentialSrm } from '../science/statistics/sequential-srm.ts';
import type { Store } from '../store/open.ts';
import { experiments, layers, rollouts } from '../store/tables.ts';
import { count } from '../../shared/text/text.ts';
import type { Finding, Observation } from './finding.ts';
import type { MonitorSettings } from './settings.ts';

/** How many units of a running experiment saw each arm; units that saw several arms are left out. */
export interface ArmSizes {
  readonly experiment: string;
  readonly name: string;
  readonly unit: 'sessions' | 'users';
  readonly arms: readonly {
    readonly name: string;
    readonly weight: number;
    readonly units: number;
  }[];
}

const KIND = 'sample ratio mismatch';

/** Finds experiments whose arms' sizes do not match the arms' weights. */
export function findSampleRatioMismatch(
  all: readonly ArmSizes[],
  { alpha, minUnits }: MonitorSettings['sampleRatio'],
): Observation {
  const findings: Finding[] = [];
  const unknown: string[] = [];
  for (const { experiment, name, unit, arms } of all) {
    const key = `${KIND}: ${experiment}`;
    const units = arms.map((arm) => arm.units);
    const total = units.reduce((sum, n) => sum + n, 0);
    const check = sequentialSrm(
      units,
      arms.map(({ weight }) => weight),
      { alpha, unit },
    );
    if (check.kind === 'no-answer' || total < minUnits) unknown.push(key);
    else if (check.mismatch) {
      const sizes = arms.map((arm) => `${arm.name} ${count(arm.units)}`).join(', ');
      findings.push({
        key,
        kind: KIND,
        message: `the arms of experiment "${name}" (${experiment}) do not match their traffic: ${sizes} ${unit}, p = ${check.pValue.toExponential(1)}; trust no result of it`,
        details: { experiment, unit, arms, chiSquare: check.chiSquare, pValue: check.pValue },
      });
    }
  }
  return { findings, unknown };
}

/** After this time every edge follows a changed pointer, where the log does not say which one it followed. */
const SETTLED_MS = 5 * 60_000;

/**
 * By the account, of units first exposed while the arms had their present shares: by the revision of the pointer that
 * assigned them, and by the clock where none is logged. Units of which no exposure counts are left out here, and the report
 * tests how they fall to the arms.
 */
export async function readArmSizes({
  store,
  account,
}: {
  readonly store: Store;
  readonly account: Pick<Account, 'update'>;
}): Promise<ArmSizes[]> {
  await account.update();
  const running = await store.db
    .select({ experiment: experiments, unit: layers.unit })
    .from(experiments)
    .innerJoin(layers, eq(layers.name, experiments.layer))
    .where(and(eq(experiments.status, 'running'), eq(experiments.design, 'split')));
  const sizes: ArmSizes[] = [];
  for (const { experiment, unit } of running) {
    const arms = experiment.arms.filter(({ weight }) => weight > 0);
    if (arms.length < 2) continue;
    const units = await unitsPerArm(store.db, {
      experiment: experiment.id,
      unit,
      from: await weightsSince(store, experiment),
      to: Number.MAX_SAFE_INTEGER,
      revisions: revisionsServing(await servedArms(store, experiment.id), {
        design: experiment.design,
        arms,
      }),
    });
    sizes.push({
      experiment: experiment.id,
      name: experiment.name,
      unit: unit === 'user' ? 'users' : 'sessions',
      arms: arms.map(({ name, weight }) => ({ name, weight, units: units.get(name) ?? 0 })),
    });
  }
  return sizes;
}

/** When the arms got their present weights, by the clock: those of a canary change at every stage. */
async function weightsSince(
  store: Store,
  { id, kind, startedAt, createdAt }: typeof experiments.$inferSelect,
): Promise<number> {
  if (kind === 'experiment') return startedAt ?? createdAt;
  const [stage] = await store.db
    .select({ since: rollouts.since })
    .from(rollouts)
    .where(and(eq(rollouts.experiment, id), isNull(rollouts.endedAt)))
    .orderBy(desc(rollouts.since))
    .limit(1);
  return (stage?.since ?? startedAt ?? createdAt) + SETTLED_MS;
}
