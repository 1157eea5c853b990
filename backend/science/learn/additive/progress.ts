import type { FitStep } from '../fit-step.ts';
import type { AdditiveProblem } from './additive-problem.ts';
import type { Fit, FitOptions } from './fit-options.ts';

/** How far a descent has come, on one device and then perhaps on another, and whether it should go on. */
export class Progress {
  readonly #options: FitOptions;
  readonly #curve: FitStep[] = [];
  #problem!: AdditiveProblem;
  #heldOut: AdditiveProblem | undefined;
  #heldOutScores = 0;
  #best: { weights: Float64Array; judged: number; iteration: number } | undefined;
  #last: Float64Array | undefined;
  #objective = Number.POSITIVE_INFINITY;

  constructor(options: FitOptions) {
    this.#options = options;
  }

  /** Reads losses from these problems from here on. */
  async follow(problem: AdditiveProblem, heldOut: AdditiveProblem | undefined): Promise<void> {
    this.#problem = problem;
    this.#heldOut = heldOut;
    this.#heldOutScores = heldOut?.loss.allocateScores() ?? 0;
    const { start } = this.#options;
    const judged = heldOut ? await this.#heldOutLoss(start) : Number.POSITIVE_INFINITY;
    this.#best ??= { weights: start, judged, iteration: 0 };
  }

  get iteration(): number {
    return this.#curve.length;
  }

  /** Weights of the last iteration. */
  get last(): Float64Array | undefined {
    return this.#last;
  }

  /** Records an iteration. @returns false when the descent is to end. */
  async goesOn(weights: Float64Array, smooth: number, objective: number): Promise<boolean> {
    const step: FitStep = {
      iteration: this.iteration + 1,
      trainLoss: smooth / this.#problem.mass,
      ...(this.#heldOut && { validationLoss: await this.#heldOutLoss(weights) }),
    };
    this.#curve.push(step);
    this.#last = Float64Array.from(weights);
    this.#options.onIteration?.(step);
    const judged = step.validationLoss ?? objective;
    const { maxIterations, patience, tolerance = 1e-9 } = this.#options;
    if (this.#best === undefined || judged < this.#best.judged)
      this.#best = { weights: this.#last, judged, iteration: step.iteration };
    const gained = this.#objective - objective;
    this.#objective = objective;
    const least = Math.max(tolerance, this.#problem.loss.precision) * Math.abs(objective);
    return (
      step.iteration < maxIterations &&
      step.iteration - this.#best.iteration < patience &&
      !(Math.abs(gained) <= least)
    );
  }

  /** The best iteration's weights, those of the start where there was none. */
  get weights(): Float64Array {
    return this.#best?.weights ?? this.#options.start;
  }

  fit(curvature: Float64Array): Fit {
    const iterations = this.#best?.iteration ?? 0;
    return { weights: this.weights, iterations, curve: this.#curve, curvature };
  }

  async #heldOutLoss(weights: Float64Array): Promise<number> {
    const { loss, mass } = this.#heldOut!;
    loss.score(weights, this.#heldOutScores);
    return (await loss.value(this.#heldOutScores)) / mass;
  }
}
