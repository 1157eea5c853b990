import { countSlots, MIN_CLICKS } from '../position-bias/examination.ts';
import { examinationFromHarvest } from '../position-bias/intervention-harvesting.ts';
import { CLICKED, type ShownItems } from './shown-items.ts';

/** Further down clicks are too few. */
const MOST_SLOTS = 20;
/** More say little more. */
const MOST_ROWS = 300_000;
/** As little as any look counts: a click far down must not stand for a hundred looks. */
const LEAST = 0.05;

/** By slot from the top, up to 1. Slots below the last are looked at as often as it. */
export type Examination = Float64Array;

/**
 * How likely each slot is looked at, relative to the first, by intervention harvesting over the latest rankings, where the same
 * items stood at several slots. Where these are too few to tell, every slot counts as looked at.
 */
export function examinationOfSlots(shown: ShownItems): Examination {
  const { starts, item, did, person } = shown;
  const rows = item.length;
  const from = starts.find((start) => rows - start <= MOST_ROWS) ?? rows;
  const slot = shown.slot.subarray(from).map((own) => own + 1);
  const cluster = new Uint32Array(rows - from);
  for (let ranking = 0; ranking < person.length; ranking++)
    for (let row = Math.max(starts[ranking], from); row < starts[ranking + 1]; row++)
      cluster[row - from] = person[ranking];
  const reward = did.subarray(from).map((done) => done & CLICKED);
  const impressions = { slot, cluster, reward, unit: item.subarray(from) };
  const few = countSlots(impressions, MOST_SLOTS).clicks.findIndex((clicks) => clicks < MIN_CLICKS);
  const slots = few < 0 ? MOST_SLOTS : few;
  if (slots < 2) return Float64Array.of(1);
  const found = examinationFromHarvest(impressions, slots);
  if (found.kind === 'refused') return Float64Array.of(1);
  return Float64Array.from(found.slots, ({ examination }) =>
    Math.min(1, Math.max(LEAST, examination)),
  );
}
