import type { AdditiveProblem } from './additive-problem.ts';
import { project } from './constraints.ts';
import type { FitOptions } from './fit-options.ts';
import type { Progress } from './progress.ts';

/**
 * Accelerated projected gradient descent (Beck & Teboulle, FISTA, 2009) with function restart (O'Donoghue &
 * Candès, 2015), scaled per bucket by the hessian's diagonal, with a line search on the step.
 * @returns the handle of scores that it no longer needs.
 */
export async function projectedDescent(
  problem: AdditiveProblem,
  progress: Progress,
  options: FitOptions,
): Promise<number> {
  const { schema, slope, maxIterations, prior, l1 = 0 } = options;
  const { loss } = problem;
  // Scores at the previous point, at this one, and at the next one or the one that momentum looks ahead to.
  let [before, now, next] = [loss.allocateScores(), loss.allocateScores(), loss.allocateScores()];
  const gradient = new Float64Array(options.start.length);
  const scale = new Float64Array(options.start.length);
  let current = Float64Array.from(options.start);
  loss.score(current, now);
  await problem.curvature(now, scale);
  // With one bucket per feature and row, F times the diagonal bounds the whole hessian.
  const longest = problem.features;
  for (let j = 0; j < scale.length; j++) scale[j] *= longest;
  project(schema, current, scale, slope);
  loss.score(current, now);
  loss.score(current, before);
  const penalty = (weights: Float64Array) => problem.ridge(weights) + problem.lasso(weights);
  let objective = (await loss.value(now)) + penalty(current);
  let previous = current;
  let momentum = 1;
  let step = 1;
  let goesOn = true;
  for (let tries = 0; goesOn && tries < 2 * maxIterations; tries++) {
    const nextMomentum = (1 + Math.sqrt(1 + 4 * momentum * momentum)) / 2;
    const carry = (momentum - 1) / nextMomentum;
    const ahead = current.map((weight, j) => weight + carry * (weight - previous[j]));
    loss.combine(now, 1 + carry, before, -carry, next);
    const from = (await problem.gradient(ahead, next, gradient)) + problem.ridge(ahead);
    // Try a longer step than last time, then shorten until the quadratic model is an upper bound.
    step = Math.min(longest, step * 1.5);
    let tried = ahead;
    let smooth = 0;
    for (;;) {
      tried = ahead.map((weight, j) => weight - (step * gradient[j]) / scale[j]);
      project(schema, tried, scale, slope, l1 > 0 ? { prior, pull: step * l1 } : undefined);
      loss.score(tried, next);
      smooth = await loss.value(next);
      const model = from + modelChange(ahead, tried, gradient, scale, step);
      const slack = Math.max(1e-12, loss.precision) * Math.abs(from);
      if (smooth + problem.ridge(tried) <= model + slack || step < 1e-9) break;
      step /= 2;
    }
    const value = smooth + penalty(tried);
    if (value > objective && momentum > 1) {
      // The momentum overshot: start again from the last point without it.
      momentum = 1;
      previous = current;
      loss.combine(now, 1, now, 0, before);
      continue;
    }
    [previous, current, objective, momentum] = [current, tried, value, nextMomentum];
    [before, now, next] = [now, next, before];
    goesOn = await progress.goesOn(current, smooth, objective);
  }
  return next;
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
