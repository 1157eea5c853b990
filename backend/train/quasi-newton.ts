import type { AdditiveProblem } from './additive-problem.ts';
import type { FitOptions, Progress } from './fit-additive.ts';

/** Pairs of step and change of gradient that are remembered. */
const MEMORY = 10;
/** Share of the promised decrease that a step must bring (Armijo). */
const SUFFICIENT = 1e-4;
const MAX_TRIALS = 30;

interface Pair {
  readonly step: Float64Array;
  readonly change: Float64Array;
  readonly product: number;
}

/**
 * L-BFGS (Liu & Nocedal, 1989) from the diagonal of the hessian at the start. Scores are linear in the weights,
 * so a line search costs no pass over the codes: each iteration has one to score the direction and one for the
 * gradient.
 */
export function quasiNewton(
  problem: AdditiveProblem,
  progress: Progress,
  { start }: FitOptions,
): void {
  const { loss } = problem;
  let [now, next] = [loss.allocateScores(), loss.allocateScores()];
  const along = loss.allocateScores();
  let weights = Float64Array.from(start);
  let gradient = new Float64Array(start.length);
  let nextGradient = new Float64Array(start.length);
  const diagonal = new Float64Array(start.length);
  loss.score(weights, now);
  problem.curvature(now, diagonal);
  let smooth = problem.gradient(weights, now, gradient);
  let objective = smooth + problem.ridge(weights);
  const memory: Pair[] = [];
  for (;;) {
    const direction = directionOf(gradient, diagonal, memory);
    const slope = dot(direction, gradient);
    if (!(slope < 0)) break;
    loss.score(direction, along);
    let length = 1;
    let tried = weights;
    let value = Number.POSITIVE_INFINITY;
    for (let trial = 0; trial < MAX_TRIALS; trial++) {
      tried = weights.map((weight, j) => weight + length * direction[j]);
      loss.combine(now, 1, along, length, next);
      smooth = problem.gradient(tried, next, nextGradient);
      value = smooth + problem.ridge(tried);
      if (value <= objective + SUFFICIENT * length * slope) break;
      // Where the parabola through both values and the slope is lowest, kept away from both ends.
      const lowest = (-slope * length * length) / (2 * (value - objective - slope * length));
      length = Math.min(length / 2, Math.max(length / 32, lowest));
    }
    if (!(value < objective)) break;
    remember(memory, weights, tried, gradient, nextGradient);
    [weights, objective] = [tried, value];
    [gradient, nextGradient] = [nextGradient, gradient];
    [now, next] = [next, now];
    if (!progress.goesOn(weights, smooth, objective)) break;
  }
}

/** The two-loop recursion: minus the approximate inverse hessian times the gradient. */
function directionOf(
  gradient: Float64Array,
  diagonal: Float64Array,
  memory: readonly Pair[],
): Float64Array {
  const q = Float64Array.from(gradient);
  const shares = memory.map(() => 0);
  for (let i = memory.length - 1; i >= 0; i--) {
    shares[i] = dot(memory[i].step, q) / memory[i].product;
    addTo(q, memory[i].change, -shares[i]);
  }
  const newest = memory.at(-1);
  const scale = newest === undefined ? 1 : newest.product / scaledSquare(newest.change, diagonal);
  for (let j = 0; j < q.length; j++) q[j] *= scale / diagonal[j];
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

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let j = 0; j < a.length; j++) sum += a[j] * b[j];
  return sum;
}

function scaledSquare(a: Float64Array, diagonal: Float64Array): number {
  let sum = 0;
  for (let j = 0; j < a.length; j++) sum += (a[j] * a[j]) / diagonal[j];
  return sum;
}

function addTo(into: Float64Array, values: Float64Array, factor: number): void {
  for (let j = 0; j < into.length; j++) into[j] += factor * values[j];
}
