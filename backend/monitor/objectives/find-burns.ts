import { percent } from '../../../shared/text/text.ts';
import type { Finding, Observation } from '../finding.ts';
import { BURN_RULES, burnRate, burns, WINDOWS_MS } from './burn-rates.ts';
import type { Measured } from './measure.ts';
import { OBJECTIVES, wordsOf, type Counts } from './objective.ts';
import type { ObjectiveSettings } from './settings.ts';
import { readWindows, storeCounts } from './stored-counts.ts';

const HOUR_MS = 3_600_000;

/** Finds objectives whose error budget is spent too fast, by rules of one kind. */
export function findBurns(
  kind: 'fast burn' | 'slow burn',
  countsIn: (objective: string, windowMs: number) => Counts,
  settings: ObjectiveSettings,
): Observation {
  const rules = BURN_RULES.filter((rule) => rule.kind === kind);
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
  return findBurns(
    'fast burn',
    await readWindows(measured.store, WINDOWS_MS, nowMs),
    measured.settings,
  );
}

export const readSlowBurns = async (
  { store, settings }: Omit<Measured, 'probes'>,
  nowMs: number,
): Promise<Observation> =>
  findBurns('slow burn', await readWindows(store, WINDOWS_MS, nowMs), settings);
