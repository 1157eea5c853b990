import type { AdditiveProblem } from './additive-problem.ts';
import { project } from './constraints.ts';
import type { FitOptions, Progress } from './fit-additive.ts';

/**
 * Accelerated projected gradient descent (Beck & Teboulle, FISTA, 2009) with function restart (O'Donoghue &
 * Candès, 2015), scaled per bucket by the hessian's diagonal, with a line search on the step.
 */
export function projectedDescent(
  problem: AdditiveProblem,
  progress: Progress,
  options: FitOptions,
): void {
  const { schema, slope, maxIterations } = options;
  const { loss } = problem;
  // Scores of the point before, of this one, and of the next or of the look ahead.
  let [before, now, next] = [loss.allocateScores(), loss.allocateScores(), loss.allocateScores()];
  const gradient = new Float64Array(options.start.length);
  const scale = new Float64Array(options.start.length);
  let current = Float64Array.from(options.start);
  loss.score(current, now);
  problem.curvature(now, scale);
  // With one bucket per feature and row, F times the diagonal bounds the whole hessian.
  const longest = problem.features;
  for (let j = 0; j < scale.length; j++) scale[j] *= longest;
  project(schema, current, scale, slope);
  loss.score(current, now);
  loss.score(current, before);
  const penalty = (weights: Float64Array) => problem.ridge(weights) + problem.lasso(weights);
  let objective = loss.value(now) + penalty(current);
  let previous = current;
  let momentum = 1;
  let step = 1;
  let goesOn = true;
  for (let tries = 0; goesOn && tries < 2 * maxIterations; tries++) {
    const nextMomentum = (1 + Math.sqrt(1 + 4 * momentum * momentum)) / 2;
    const carry = (momentum - 1) / nextMomentum;
    const ahead = current.map((weight, j) => weight + carry * (weight - previous[j]));
    loss.combine(now, 1 + carry, before, -carry, next);
    const from = problem.gradient(ahead, next, gradient) + problem.ridge(ahead);
    // Try a longer step than last time, then shorten until the quadratic model is an upper bound.
    step = Math.min(longest, step * 1.5);
    let tried = ahead;
    let smooth = 0;
    for (;;) {
      tried = proximal(ahead, gradient, scale, step, options);
      project(schema, tried, scale, slope);
      loss.score(tried, next);
      smooth = loss.value(next);
      const model = from + modelChange(ahead, tried, gradient, scale, step);
      if (smooth + problem.ridge(tried) <= model + 1e-12 * Math.abs(from) || step < 1e-9) break;
      step /= 2;
    }
    const value = smooth + penalty(tried);
    if (value > objective && momentum > 1) {
      // The momentum overshot: forget it and go on from the last point.
      momentum = 1;
      previous = current;
      loss.combine(now, 1, now, 0, before);
      continue;
    }
    [previous, current, objective, momentum] = [current, tried, value, nextMomentum];
    [before, now, next] = [now, next, before];
    goesOn = progress.goesOn(current, smooth, objective);
  }
}

/** A step against the gradient, then the lasso's soft threshold around the prior. */
function proximal(
  from: Float64Array,
  gradient: Float64Array,
  scale: Float64Array,
  step: number,
  { prior, l1 = 0 }: FitOptions,
): Float64Array<ArrayBuffer> {
  return Float64Array.from(from, (weight, j) => {
    const moved = weight - (step * gradient[j]) / scale[j];
    if (l1 === 0) return moved;
    const off = moved - prior[j];
    return prior[j] + Math.sign(off) * Math.max(0, Math.abs(off) - (step * l1) / scale[j]);
  });
}

/** `⟨g, d⟩ + ‖d‖²_scale / (2 · step)` for `d = to − from`. */
function modelChange(
  from: Float64Array,
  to: Float64Array,
  gradient: Float64Array,
  scale: Float64Array,
  step: number,
): number {
  let change = 0;
  for (let j = 0; j < from.length; j++) {
    const d = to[j] - from[j];
    change += gradient[j] * d + (scale[j] * d * d) / (2 * step);
  }
  return change;
}
