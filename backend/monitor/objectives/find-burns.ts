import { percent } from '../../../shared/text/text.ts';
import type { Finding, Observation } from '../finding.ts';
import { BURN_RULES, burnRate, burns, type BurnRule } from './burn-rates.ts';
import type { Measured } from './measure.ts';
import { OBJECTIVES, wordsOf, type Counts } from './objective.ts';
import type { ObjectiveSettings } from './settings.ts';
import { readWindows, storeCounts } from './stored-counts.ts';

const HOUR_MS = 3_600_000;

type BurnKind = BurnRule['kind'];
const rulesOf = (kind: BurnKind) => BURN_RULES.filter((rule) => rule.kind === kind);

/** Finds objectives whose error budget is spent too fast, by rules of one kind. */
export function findBurns(
  kind: BurnKind,
  countsIn: (objective: string, windowMs: number) => Counts,
  settings: ObjectiveSettings,
): Observation {
  const rules = rulesOf(kind);
  const findings: Finding[] = [];
  const unknown: string[] = [];
  for (const name of OBJECTIVES) {
    const { target } = settings[name];
    const key = `${kind}: ${name}`;
    const judged = rules.map((rule) =>
      burns(rule, (windowMs) => countsIn(name, windowMs), target, settings.minEvents),
    );
    const rule = rules[judged.indexOf(true)];
    if (rule !== undefined) {
      const { good, total } = countsIn(name, rule.longMs);
      const rate = burnRate({ good, total }, target)!;
      findings.push({
        key,
        kind,
        message: `the error budget of "${wordsOf(name, settings)}" is spent ${rate.toFixed(1)} times as fast as it may (over ${rule.rate}): in the last ${rule.longMs / HOUR_MS} h it held for ${percent(good / total, { digits: 2 })}, and is to for ${percent(target, { digits: 2 })}`,
        details: { objective: name, rate, limit: rule.rate, good, total, target },
      });
    } else if (judged.every((one) => one === undefined)) unknown.push(key);
  }
  return { findings, unknown };
}

/** The monitor of fast burns counts; that of slow ones reads what it counted. */
export async function readFastBurns(measured: Measured, nowMs: number): Promise<Observation> {
  await storeCounts(measured, nowMs);
  return readBurns('fast burn', measured, nowMs);
}

export const readSlowBurns = (
  measured: Omit<Measured, 'probes'>,
  nowMs: number,
): Promise<Observation> => readBurns('slow burn', measured, nowMs);

async function readBurns(
  kind: BurnKind,
  { store, settings }: Omit<Measured, 'probes'>,
  nowMs: number,
): Promise<Observation> {
  const windowsMs = rulesOf(kind).flatMap(({ longMs, shortMs }) => [longMs, shortMs]);
  return findBurns(kind, await readWindows(store, windowsMs, nowMs), settings);
}
