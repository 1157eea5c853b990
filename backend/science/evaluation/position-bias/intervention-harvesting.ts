import { jackknifeGroups, jackknifeReach } from '../../statistics/delete-a-group.ts';
import { clusterCount, clusterIndex } from '../../statistics/interval.ts';
import {
  countSlots,
  tooFewClicks,
  type ExaminationPropensities,
  type Impressions,
} from './examination.ts';

/**
 * Impressions with the unit shown. Impressions of one unit are assumed equally relevant (same item, same kind of
 * visitor).
 */
export interface UnitImpressions extends Impressions {
  /** The number of the unit; not a unit of an experiment. */
  readonly unit: ArrayLike<number>;
}

/**
 * Intervention harvesting with the AllPairs estimator (Agarwal, Zaitsev, Wang, Li, Najork & Joachims, WSDM 2019): where
 * several rankers (versions, arms, draws) showed the same unit at different slots, that is an intervention on the slot.
 * For each pair of slots only units shown at both are used. `ĉ_k` and `¬ĉ_k` are their clicked and unclicked
 * impressions at slot k, each unit's rates weighted by the harmonic mean of its impressions at the two slots (any
 * weight that is equal at both slots is unbiased; this one has the least variance). θ and each pair's mean relevance r
 * maximise the likelihood `Σ ĉ_k log(θ_k r) + ¬ĉ_k log(1 − θ_k r)`. No model of relevance and no EM is needed.
 *
 * Assumption: given the unit, the slot is independent of the visitor's own preference. Intervals: delete-a-group
 * jackknife over the clusters on log θ (`jackknifeGroups`).
 * @param slots number of slots to estimate, from slot 1.
 */
export function examinationFromHarvest(
  impressions: UnitImpressions,
  slots: number,
): ExaminationPropensities {
  const counts = countSlots(impressions, slots);
  const reason = tooFewClicks(counts);
  if (reason !== undefined) return { kind: 'refused', reason };
  const estimate = logExaminationOf(impressions, slots);
  const clusters = clusterIndex(impressions.cluster);
  const groups = jackknifeGroups(clusterCount(clusters));
  const whole = estimate(() => true);
  if (typeof whole === 'string') return { kind: 'refused', reason: whole };
  const squares = new Float64Array(slots);
  for (let group = 0; group < groups; group++) {
    const without = estimate((i) => clusters[i] % groups !== group);
    if (typeof without === 'string')
      return {
        kind: 'refused',
        reason: `the estimate depends on one in ${groups} sessions: ${without}`,
      };
    for (let k = 0; k < slots; k++) squares[k] += (without[k] - whole[k]) ** 2;
  }
  return {
    kind: 'estimated',
    method: 'intervention harvesting',
    slots: Array.from(whole, (log, k) => {
      const reach = jackknifeReach(squares[k], groups);
      return {
        slot: k + 1,
        examination: Math.exp(log),
        low: Math.exp(log - reach),
        high: Math.exp(log + reach),
        impressions: counts.impressions[k],
        clicks: counts.clicks[k],
      };
    }),
  };
}

/**
 * The point estimate of the above from some of the impressions, for estimates that are built on it and have an interval of their own.
 * @returns for the impressions to keep θ_k / θ₁ of slots 1 … `slots`, at index slot − 1, or why it is not identified.
 */
export function harvestedExamination(impressions: UnitImpressions, slots: number) {
  const estimate = logExaminationOf(impressions, slots);
  return (keep: (impression: number) => boolean): Float64Array | string => {
    const found = estimate(keep);
    return typeof found === 'string' ? found : found.map(Math.exp);
  };
}

function logExaminationOf(impressions: UnitImpressions, slots: number) {
  const units = comparedUnits(impressions, slots);
  return (keep: (impression: number) => boolean) =>
    logExamination(pairSums(impressions, units, slots, keep), slots);
}

/** Numbers the units that were shown at several slots; −1 for the others, which compare nothing and are most of them where visitors differ. */
function comparedUnits({ unit, slot }: UnitImpressions, slots: number): Int32Array {
  const firstSlot = new Map<number, number>();
  const compared = new Map<number, number>();
  for (let i = 0; i < unit.length; i++) {
    if (slot[i] > slots) continue;
    const first = firstSlot.get(unit[i]);
    if (first === undefined) firstSlot.set(unit[i], slot[i]);
    else if (first !== slot[i] && !compared.has(unit[i])) compared.set(unit[i], compared.size);
  }
  return Int32Array.from({ length: unit.length }, (_, i) => compared.get(unit[i]) ?? -1);
}

/**
 * Weighted impressions at slot k of the units shown at both k and l, at index `k * slots + l`: clicked and not clicked.
 */
interface PairSums {
  readonly clicked: Float64Array;
  readonly not: Float64Array;
}

function pairSums(
  { slot, reward }: Impressions,
  units: Int32Array,
  slots: number,
  keep: (impression: number) => boolean,
): PairSums {
  const count = units.reduce((most, unit) => Math.max(most, unit + 1), 0);
  const shown = new Float64Array(count * slots);
  const clicks = new Float64Array(count * slots);
  for (let i = 0; i < units.length; i++) {
    if (units[i] < 0 || slot[i] > slots || !keep(i)) continue;
    const at = units[i] * slots + slot[i] - 1;
    shown[at]++;
    if (reward[i] > 0) clicks[at]++;
  }
  const clicked = new Float64Array(slots * slots);
  const not = new Float64Array(slots * slots);
  for (let from = 0; from < shown.length; from += slots) {
    for (let k = 0; k < slots; k++) {
      const own = shown[from + k];
      if (own === 0) continue;
      for (let l = 0; l < slots; l++) {
        const other = shown[from + l];
        if (l === k || other === 0) continue;
        const weight = other / (own + other);
        clicked[k * slots + l] += weight * clicks[from + k];
        not[k * slots + l] += weight * (own - clicks[from + k]);
      }
    }
  }
  return { clicked, not };
}

const MAX_SWEEPS = 2000;

/**
 * Maximum likelihood by coordinate-wise Newton steps; the likelihood is concave in log θ and log r.
 * @returns log θ relative to slot 1, or why it is not identified.
 */
function logExamination({ clicked, not }: PairSums, slots: number): Float64Array | string {
  const linked = reachable(clicked, slots);
  const missed = linked.indexOf(false);
  if (missed >= 0)
    return `no unit was clicked at slot ${missed + 1} and shown at a slot that leads to slot 1: nothing compares them`;
  const theta = new Float64Array(slots);
  const relevance = new Float64Array(slots * slots);
  const pairs: [k: number, l: number, at: number][] = [];
  for (let k = 0; k < slots; k++) {
    for (let l = 0; l < k; l++) {
      const [a, b] = [k * slots + l, l * slots + k];
      if (clicked[a] + clicked[b] === 0) continue;
      const rate = (clicked[a] + clicked[b]) / (clicked[a] + clicked[b] + not[a] + not[b]);
      relevance[a] = Math.log(Math.min(rate, 0.5));
      pairs.push([k, l, a]);
    }
  }
  for (let sweep = 0; sweep < MAX_SWEEPS; sweep++) {
    let moved = 0;
    for (const [k, l, at] of pairs) {
      const terms = [
        { clicked: clicked[at], not: not[at], log: theta[k] + relevance[at] },
        { clicked: clicked[l * slots + k], not: not[l * slots + k], log: theta[l] + relevance[at] },
      ];
      relevance[at] += newtonStep(terms);
    }
    for (let slot = 1; slot < slots; slot++) {
      const terms = pairs.flatMap(([k, l, at]) => {
        if (k !== slot && l !== slot) return [];
        const own = k === slot ? at : l * slots + k;
        return [{ clicked: clicked[own], not: not[own], log: theta[slot] + relevance[at] }];
      });
      const step = newtonStep(terms);
      theta[slot] += step;
      moved = Math.max(moved, Math.abs(step));
    }
    if (moved < 1e-9) break;
  }
  return theta;
}

/** Newton step s on `Σ c (x + s) + n log(1 − e^{x + s})`, halved until every probability stays below 1. */
function newtonStep(terms: readonly { clicked: number; not: number; log: number }[]): number {
  let [slope, curvature, highest] = [0, 0, Number.NEGATIVE_INFINITY];
  for (const { clicked, not, log } of terms) {
    const p = Math.exp(log);
    slope += clicked - (not * p) / (1 - p);
    curvature += (not * p) / (1 - p) ** 2;
    highest = Math.max(highest, log);
  }
  if (curvature === 0) return 0;
  let step = Math.max(-1, Math.min(1, slope / curvature));
  while (highest + step > MAX_LOG_PROBABILITY) step = step / 2 - 1e-6;
  return step;
}

/** Logarithm of the largest allowed click probability of a pair. */
const MAX_LOG_PROBABILITY = -1e-3;

/** Whether each slot is connected to slot 1 by pairs of slots with clicks at both. */
function reachable(clicked: Float64Array, slots: number): boolean[] {
  const linked = Array.from({ length: slots }, (_, k) => k === 0);
  for (let round = 0; round < slots; round++) {
    for (let k = 0; k < slots; k++) {
      for (let l = 0; l < slots; l++)
        if (linked[k] && clicked[k * slots + l] > 0 && clicked[l * slots + k] > 0) linked[l] = true;
    }
  }
  return linked;
}
