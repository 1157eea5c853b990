import type { DescentLoss } from '../device/descent-loss.ts';
import type { Kernels } from '../device/device.ts';
import type { TrainingSet } from '../training-set.ts';
import { AdditiveProblem } from './additive-problem.ts';
import type { Fit, FitOptions } from './fit-options.ts';
import { miniBatch } from './mini-batch.ts';
import { Progress } from './progress.ts';
import { projectedDescent } from './projected-descent.ts';
import { quasiNewton } from './quasi-newton.ts';

/**
 * Minimises `loss(w) + l2/2 · ‖w − prior‖² + l1 · ‖w − prior‖₁` under the schema's constraints. Full batch: all rows
 * count in every iteration, by L-BFGS, or, where there is a lasso or a constraint, by projected gradient descent.
 * Mini-batch: by Adam. When a device fails, the descent starts again from its last iterate on the next one.
 * @param validation stops the descent early; absent, it runs `maxIterations`.
 */
export async function fitAdditive(
  set: TrainingSet,
  validation: TrainingSet | undefined,
  options: FitOptions,
): Promise<Fit> {
  const progress = new Progress(options);
  const curvature = await options.device.run(
    (kernels) => descend(kernels, set, validation, options, progress),
    () => `the fit goes on from iteration ${progress.iteration}`,
  );
  return progress.fit(curvature);
}

/** @returns the diagonal of the loss's hessian at the best weights. */
async function descend(
  kernels: Kernels,
  set: TrainingSet,
  validation: TrainingSet | undefined,
  given: FitOptions,
  progress: Progress,
): Promise<Float64Array> {
  const start = progress.last ?? given.start;
  const maxIterations = given.maxIterations - progress.iteration;
  const options = { ...given, start, maxIterations };
  const { objective, method = 'full-batch', schema, l1 = 0 } = options;
  const losses = kernels.additive({
    train: set,
    ...(validation && { validation }),
    objective: objective === 'listwise' ? 'softmax' : 'logistic',
    method,
  });
  const problemOf = (loss: DescentLoss, of: TrainingSet) => new AdditiveProblem(loss, of, options);
  try {
    const problem = problemOf(losses.train, set);
    const heldOut = losses.validation && problemOf(losses.validation, validation!);
    await progress.follow(problem, heldOut);
    const isFree = schema.constraints.length === 0 && l1 === 0;
    const descentOf = method === 'mini-batch' ? miniBatch : isFree ? quasiNewton : projectedDescent;
    // A device may have failed after the last iteration.
    const scores =
      maxIterations > 0
        ? await descentOf(problem, progress, options, set)
        : losses.train.allocateScores();
    const curvature = new Float64Array(given.start.length);
    losses.train.score(progress.weights, scores);
    await losses.train.curvature(scores, curvature);
    return curvature;
  } finally {
    await losses.close();
  }
}
