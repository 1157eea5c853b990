import { jackknifeGroups, jackknifeReach } from '../../statistics/delete-a-group.ts';
import { clusterCount } from '../../statistics/interval.ts';
import { countSlots, MIN_CLICKS } from '../position-bias/examination.ts';
import {
  harvestedExamination,
  type UnitImpressions,
} from '../position-bias/intervention-harvesting.ts';
import { clustersOf } from '../../learn/visitor-clusters.ts';
import { slotsByScore, type KeptSlate } from './kept-slate.ts';

/** Clicks per ranking in the site's order, and how many there would have been in Trimtab's, or why nobody can tell. */
export type ExaminedGain =
  | {
      readonly kind: 'estimated';
      readonly rankings: number;
      readonly clicks: number;
      /** Per ranking. */
      readonly site: number;
      readonly trimtab: number;
      /** `trimtab / site − 1` with its 95 % interval. */
      readonly lift: { readonly mean: number; readonly low: number; readonly high: number };
      /** Examination of each slot, relative to the first. */
      readonly examination: readonly number[];
    }
  | { readonly kind: 'refused'; readonly reason: string };

/** Further down clicks are too few, so that the weights would be too large. */
const MOST_SLOTS = 20;
const MAX_WEIGHT = 20;

/**
 * What the items shown would have earned in the order of their scores, by the position-based model: a click at slot k counts
 * `θ_t / θ_k` where the item would stand at slot t (inverse propensity scoring by examination: Joachims, Swaminathan & Schnabel,
 * WSDM 2017; Li et al., KDD 2018, "item-position" model). θ is harvested from the same log: items that are alike stood at different
 * slots, as other candidates came with them.
 *
 * It assumes that whoever examines an item clicks it alike at every slot, and that for items that are alike the site's slot says
 * nothing of the visitor. What Trimtab would show from below the slate is not in it. The interval is a delete-a-group jackknife over
 * visitors in which θ is estimated anew (`jackknifeGroups`).
 */
export function examinedGain(slates: readonly KeptSlate[]): ExaminedGain {
  const used = slates.filter(({ itemIds }) => itemIds.length > 1);
  if (used.length === 0) return refused('no ranking showed more than one item');
  const clusters = clustersOf(used);
  const impressions = impressionsOf(used, clusters);
  const { clicks } = countSlots(impressions, MOST_SLOTS);
  const few = clicks.findIndex((count) => count < MIN_CLICKS);
  const slots = few < 0 ? MOST_SLOTS : few;
  if (slots < 2)
    return refused(`slot ${slots + 1} has ${clicks[slots]} clicks, ${MIN_CLICKS} are needed`);
  const byScore = used.map(slotsByScore);
  const harvest = harvestedExamination(impressions, slots);
  const groups = jackknifeGroups(clusterCount(clusters));
  const without = (group: number): Earned | string => {
    const keeps = (cluster: number) => cluster % groups !== group;
    const examination = harvest((i) => keeps(impressions.cluster[i]));
    if (typeof examination === 'string') return examination;
    return earnedBy(used, byScore, examination, (slate) => keeps(clusters[slate]));
  };
  const whole = without(-1);
  if (typeof whole === 'string') return refused(whole);
  let squares = 0;
  for (let group = 0; group < groups; group++) {
    const part = without(group);
    if (typeof part === 'string')
      return refused(`the estimate depends on one in ${groups} visitors: ${part}`);
    squares += (part.trimtab / part.site - whole.trimtab / whole.site) ** 2;
  }
  const mean = whole.trimtab / whole.site - 1;
  const reach = jackknifeReach(squares, groups);
  return {
    kind: 'estimated',
    rankings: used.length,
    clicks: whole.clicks,
    site: whole.site,
    trimtab: whole.trimtab,
    lift: { mean, low: mean - reach, high: mean + reach },
    examination: [...whole.examination],
  };
}

const refused = (reason: string): ExaminedGain => ({ kind: 'refused', reason });

interface Earned {
  readonly site: number;
  readonly trimtab: number;
  readonly clicks: number;
  readonly examination: Float64Array;
}

function earnedBy(
  slates: readonly KeptSlate[],
  byScore: readonly Uint32Array[],
  examination: Float64Array,
  keep: (slate: number) => boolean,
): Earned | string {
  // Slots below the last estimated one are examined as it is.
  const at = (slot: number) => examination[Math.min(slot, examination.length - 1)];
  let [rankings, clicks, moved] = [0, 0, 0];
  slates.forEach(({ clicked }, i) => {
    if (!keep(i)) return;
    rankings++;
    clicked.forEach((isClicked, slot) => {
      if (!isClicked) return;
      clicks++;
      moved += Math.min(at(byScore[i][slot]) / at(slot), MAX_WEIGHT);
    });
  });
  if (clicks === 0) return 'nothing was clicked';
  return { site: clicks / rankings, trimtab: moved / rankings, clicks, examination };
}

function impressionsOf(slates: readonly KeptSlate[], clusters: Uint32Array): UnitImpressions {
  const units = new Map<string, number>();
  const [slot, reward, cluster, unit]: number[][] = [[], [], [], []];
  slates.forEach(({ alike, clicked }, i) =>
    alike.forEach((name, at) => {
      const known = units.get(name) ?? units.size;
      units.set(name, known);
      slot.push(at + 1);
      reward.push(Number(clicked[at]));
      cluster.push(clusters[i]);
      unit.push(known);
    }),
  );
  return { slot, reward, cluster, unit };
}
