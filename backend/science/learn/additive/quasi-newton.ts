import type { AdditiveProblem } from './additive-problem.ts';
import type { FitOptions } from './fit-options.ts';
import type { Progress } from './progress.ts';

/** So many pairs of a step and its change of gradient are remembered. */
const MEMORY = 10;
/** Share of the decrease predicted by the slope that a step must bring (Armijo's condition). */
const SUFFICIENT = 1e-4;
const MAX_TRIALS = 30;
/** By how much the first step must be too short, as far as the parabola tells, for a longer one to be worth a look; and that one. */
const LEAST_FURTHER = 1.1;
const FURTHER = 1.5;

interface Pair {
  readonly step: Float64Array;
  readonly change: Float64Array;
  readonly product: number;
}

/**
 * L-BFGS (Liu & Nocedal, 1989) from an approximate hessian at the start. Scores are linear in the weights,
 * so a line search costs no pass over the codes: each iteration has one to score the direction and one for the
 * gradient.
 * @returns the handle of scores that it no longer needs.
 */
export async function quasiNewton(
  problem: AdditiveProblem,
  progress: Progress,
  { start }: FitOptions,
): Promise<number> {
  const { loss } = problem;
  let [now, next] = [loss.allocateScores(), loss.allocateScores()];
  const along = loss.allocateScores();
  let weights = Float64Array.from(start);
  let gradient = new Float64Array(start.length);
  let nextGradient = new Float64Array(start.length);
  loss.score(weights, now);
  const diagonal = new Float64Array(start.length);
  let smooth = await problem.gradient(weights, now, gradient, diagonal);
  const scale = scaleOf(problem, diagonal);
  let objective = smooth + problem.ridge(weights);
  const memory: Pair[] = [];
  for (;;) {
    const direction = directionOf(gradient, scale, memory);
    const slope = dot(direction, gradient);
    if (!(slope < 0)) break;
    loss.score(direction, along);
    let length = 1;
    let tried = weights;
    let value = Number.POSITIVE_INFINITY;
    /** The same for a step of this length, whose scores are in `next`. */
    const look = async () => {
      tried = weights.map((weight, j) => weight + length * direction[j]);
      loss.combine(now, 1, along, length, next);
      smooth = await loss.value(next, true);
      value = smooth + problem.ridge(tried);
    };
    for (let trial = 0; trial < MAX_TRIALS; trial++) {
      await look();
      const slack = loss.precision * Math.abs(objective);
      if (value <= objective + SUFFICIENT * length * slope + slack) break;
      const lowest = lowestOf(objective, slope, length, value);
      length = Math.min(length / 2, Math.max(length / 32, lowest));
    }
    // The loss bends less and less on the way from weights of 0, so that the first step falls short, and the parabola with it.
    const isFirst = memory.length === 0 && length === 1;
    if (isFirst && lowestOf(objective, slope, 1, value) > LEAST_FURTHER) {
      const atOne = value;
      length = FURTHER;
      await look();
      if (!(value < atOne)) {
        length = 1;
        await look();
      }
    }
    if (!(value < objective)) break;
    [now, next] = [next, now];
    if (!(await progress.goesOn(tried, smooth, value))) break;
    await problem.gradient(tried, now, nextGradient);
    remember(memory, weights, tried, gradient, nextGradient);
    [weights, objective] = [tried, value];
    [gradient, nextGradient] = [nextGradient, gradient];
  }
  return along;
}

/** The length at which the parabola through the values at 0 and at `length`, with that slope at 0, is lowest. Not finite where it has no lowest point. */
const lowestOf = (atStart: number, slope: number, length: number, atLength: number): number =>
  (-slope * length * length) / (2 * (atLength - atStart - slope * length));

/**
 * An approximate inverse of the hessian. A row has one bucket of every feature, so along a shift of all weights the
 * curvature is F times what the diagonal says, and the diagonal alone would overshoot there.
 */
interface Scale {
  readonly diagonal: Float64Array;
  /** Subtracted from the step of every bucket that a row has, per unit of the sum of their gradients. */
  readonly shift: number;
  /** 1 where a row has the bucket. */
  readonly seen: Uint8Array;
}

/** @param diagonal of the hessian of loss and ridge. */
function scaleOf(problem: AdditiveProblem, diagonal: Float64Array): Scale {
  const ridge = new Float64Array(diagonal.length);
  problem.addRidge(ridge);
  const seen = Uint8Array.from(diagonal, (value, j) => (value > ridge[j] ? 1 : 0));
  const whole = dot(diagonal, seen);
  return { diagonal, seen, shift: whole > 0 ? (1 - 1 / problem.features) / whole : 0 };
}

function apply({ diagonal, seen, shift }: Scale, to: Float64Array): void {
  const common = shift * dot(to, seen);
  for (let j = 0; j < to.length; j++) to[j] = to[j] / diagonal[j] - common * seen[j];
}

/** The two-loop recursion: minus the approximate inverse hessian times the gradient. */
function directionOf(gradient: Float64Array, scale: Scale, memory: readonly Pair[]): Float64Array {
  const q = Float64Array.from(gradient);
  const shares = memory.map(() => 0);
  for (let i = memory.length - 1; i >= 0; i--) {
    shares[i] = dot(memory[i].step, q) / memory[i].product;
    addTo(q, memory[i].change, -shares[i]);
  }
  apply(scale, q);
  const newest = memory.at(-1);
  if (newest !== undefined) {
    const scaled = Float64Array.from(newest.change);
    apply(scale, scaled);
    const length = newest.product / dot(newest.change, scaled);
    for (let j = 0; j < q.length; j++) q[j] *= length;
  }
  memory.forEach(({ step, change, product }, i) =>
    addTo(q, step, shares[i] - dot(change, q) / product),
  );
  for (let j = 0; j < q.length; j++) q[j] = -q[j];
  return q;
}

function remember(
  memory: Pair[],
  from: Float64Array,
  to: Float64Array,
  before: Float64Array,
  after: Float64Array,
): void {
  const step = to.map((value, j) => value - from[j]);
  const change = after.map((value, j) => value - before[j]);
  const product = dot(step, change);
  // Positive curvature alone keeps the approximation positive definite.
  if (!(product > 1e-12 * Math.sqrt(dot(step, step) * dot(change, change)))) return;
  memory.push({ step, change, product });
  if (memory.length > MEMORY) memory.shift();
}

function dot(a: Float64Array, b: ArrayLike<number>): number {
  let sum = 0;
  for (let j = 0; j < a.length; j++) sum += a[j] * b[j];
  return sum;
}

function addTo(into: Float64Array, values: Float64Array, factor: number): void {
  for (let j = 0; j < into.length; j++) into[j] += factor * values[j];
}
