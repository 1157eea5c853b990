import { gram, partialOut } from './gram.ts';
import { foretoldByContext, gramWithout } from './held-out-context.ts';
import type { ContextColumns, UnitDesign } from './unit-design.ts';

/**
 * A column that leaves less than this share of the target's variance was not known before the target: nothing that is
 * foretells a person's long-term value to one part in a thousand. It is the target in another form, or was read after it.
 */
const LEAST_LEFT = 1e-3;

/**
 * Why nothing can be learned where columns give the target away: beyond them there is only a rounding error left, and
 * any ratio to it (r²) is meaningless. Context is judged on held-out units, so that its many columns cannot fit noise.
 * @param heldOut rows of the design, by fold. @returns undefined where no column does.
 */
export function leakProblem(
  design: UnitDesign,
  target: string,
  heldOut: readonly Uint32Array[],
): string | undefined {
  const whole = gram(design.columns, allRows(design));
  const own = metricsThatAreTheTarget(design, whole);
  if (own.length > 0) return leakText('metric', own, target);
  if (leftShare(design, whole, heldOut) >= LEAST_LEFT) return undefined;
  const alone = design.context.filter(
    (one) => leftShare(...only(design, whole, one), heldOut) < LEAST_LEFT,
  );
  // Where no column does it alone, they do it together, as the parts of a sum do.
  const leaking = alone.length > 0 ? alone : design.context;
  return leakText(
    'context',
    leaking.map(({ name }) => name),
    target,
  );
}

function leakText(kind: 'metric' | 'context', columns: readonly string[], target: string): string {
  const named = new Intl.ListFormat('en').format(columns);
  const foretell = columns.length === 1 ? 'foretells' : 'foretell';
  return `the ${kind} gives the target away: ${named} ${foretell} ${target} without error; leave out what was not known before it`;
}

/** Share of the target's held-out variance that context leaves; 1 is all of it. */
function leftShare(
  design: UnitDesign,
  whole: Float64Array,
  heldOut: readonly Uint32Array[],
): number {
  const target = design.columns.at(-1)!;
  let [left, all] = [0, 0];
  for (const fold of heldOut) {
    const foretold = foretoldByContext(design, gramWithout(design, whole, fold), fold).at(-1)!;
    const mean = fold.reduce((sum, row) => sum + target[row], 0) / fold.length;
    fold.forEach((row, i) => {
      left += (target[row] - foretold[i]) ** 2;
      all += (target[row] - mean) ** 2;
    });
  }
  return all > 0 ? left / all : 1;
}

/** The design and its Gram matrix with one context column and without metrics. */
function only(
  design: UnitDesign,
  whole: Float64Array,
  one: ContextColumns,
): [UnitDesign, Float64Array] {
  const size = design.columns.length;
  const places = [0, ...Array.from({ length: one.count }, (_, i) => one.first + i), size - 1];
  return [
    {
      ...design,
      columns: places.map((place) => design.columns[place]),
      contextColumns: 1 + one.count,
      metrics: [],
      context: [one],
    },
    Float64Array.from(places.flatMap((a) => places.map((b) => whole[a * size + b]))),
  ];
}

/** Metrics whose correlation with the target, context left aside, is 1 or −1. */
function metricsThatAreTheTarget(design: UnitDesign, whole: Float64Array): string[] {
  const size = design.columns.length;
  const { sums } = partialOut(whole, size, 1);
  const others = size - 1;
  const at = (a: number, b: number) => sums[a * others + b];
  const target = others - 1;
  return design.metrics.filter((_, i) => {
    const metric = design.contextColumns - 1 + i;
    const left = at(target, target) - at(metric, target) ** 2 / at(metric, metric);
    return left < LEAST_LEFT * at(target, target);
  });
}

const allRows = ({ rows }: UnitDesign): Uint32Array => Uint32Array.from(rows, (_, i) => i);
