import { availableParallelism } from 'node:os';
import { cpuDevice } from '../../backend/device/cpu/cpu-device.ts';
import { fitAdditive } from '../../backend/science/learn/additive/fit-additive.ts';
import type { FitStep } from '../../backend/science/learn/fit-step.ts';
import { codesBytes, loadCodes } from '../../backend/device/cpu/loaded-codes.ts';
import { KernelPool } from '../../backend/device/cpu/pool.ts';
import type { TrainingSet } from '../../backend/science/learn/training-set.ts';
import { additiveOptions, plainSet } from '../oracle/peers/ours.ts';
import { askPython, unlessPeers } from '../oracle/peers/python.ts';
import { madeClicks } from './support/made-clicks.ts';
import type { Part, Say } from './support/part.ts';
import { median } from './support/quantile.ts';
import type { BenchRow } from './support/row.ts';

const ROWS = 1_000_000;
const FEATURES = 32;
const ROUNDS = 3;
const SEED = 12;
const L2 = 1;
/** Of scikit-learn's loss, that ours must reach. */
const REACH = 1.001;

/** How tightly scikit-learn is asked to fit: as it comes, and to the end. */
const FITS = [
  { name: 'as it comes', options: { C: 1 / L2, max_iter: 1000 } },
  { name: 'tol 1e-8', options: { C: 1 / L2, max_iter: 10_000, tol: 1e-8 } },
] as const;

interface Peer {
  readonly seconds: number;
  readonly loss: number;
  readonly iterations: number;
}

/** The additive learner beside scikit-learn's logistic regression: time to its training loss and a thousandth. */
export async function benchAdditive(say: Say): Promise<Part> {
  const { columns, labels } = madeClicks(ROWS, FEATURES, SEED);
  const reward = Float64Array.from(labels);
  const set = plainSet(columns, reward, Uint32Array.from([0, ROWS]));
  const threads = availableParallelism();
  const rows: BenchRow[] = [];
  for (const { name, options } of FITS) {
    const theirs: Peer[] = [];
    const ours = new Map<string, number[]>();
    let steps = 0;
    for (let round = 1; round <= ROUNDS && unlessPeers() === ''; round++) {
      say(`additive: ${name}, round ${round} of ${ROUNDS}`);
      const job = { rows: ROWS, features: FEATURES, options };
      const arrays = { 'codes.u8': columns.codes, 'labels.f64': reward };
      theirs.push((await askPython<Peer>('logistic_seconds', job, arrays)).answer);
      const loss = REACH * theirs.at(-1)!.loss;
      for (const on of new Set([1, threads]))
        // Threads of another number are new ones, with memory that nothing has touched.
        for (const kind of ['a first fit', 'the next fit']) {
          const own = await secondsTo(set, loss, on);
          const fit = `${kind}, ${on} thread${on > 1 ? 's' : ''}`;
          ours.set(fit, [...(ours.get(fit) ?? []), own.seconds]);
          steps = own.iterations;
        }
    }
    if (theirs.length === 0) continue;
    const beside = ([fit, seconds]: readonly [string, readonly number[]]): BenchRow => ({
      name: `to its loss + 0.1 %, ${fit} (${steps} iterations)`,
      value: median(seconds),
      unit: 's',
      ratio: median(seconds.map((own, round) => own / theirs[round].seconds)),
      against: `scikit-learn's, ${name}`,
    });
    const peer = median(theirs.map(({ seconds }) => seconds));
    rows.push(
      {
        name: `scikit-learn, ${name} (${theirs[0].iterations} iterations)`,
        value: peer,
        unit: 's',
      },
      { name: 'its training loss', value: theirs[0].loss, unit: 'nats' },
      ...[...ours].map(beside),
    );
  }
  rows.push({ name: 'of ours: codes into place', value: loadSeconds(set), unit: 's' });
  return {
    rows,
    notes: [
      `${ROWS.toLocaleString('en')} × ${FEATURES} codes, logistic loss, ridge ${L2}; medians of ${ROUNDS} rounds, theirs and ours by turns, ratios paired by round, seed ${SEED}${unlessPeers()}`,
      'ours counts all from the training set in memory: starting the threads, copying and turning the codes, and the iterations up to the first whose loss is low enough; the next fit has the threads and the memory of the first, as all fits of a training run but its first have',
      "scikit-learn counts fit() alone, from a one-hot CSR matrix of float64 that is ready; lbfgs, in a process of its own, no intercept, as every feature's buckets make one",
    ],
  };
}

/** @throws Error where the fit ends above the loss. */
async function secondsTo(set: TrainingSet, loss: number, threads: number) {
  const startMs = performance.now();
  let reached: { seconds: number; iterations: number } | undefined;
  const onIteration = ({ iteration, trainLoss }: FitStep) => {
    if (trainLoss <= loss)
      reached ??= { seconds: (performance.now() - startMs) / 1000, iterations: iteration };
  };
  const options = additiveOptions(set, 'pointwise', L2);
  const device = cpuDevice({ threads });
  await fitAdditive(set, undefined, { ...options, device, maxIterations: 30, onIteration });
  if (reached === undefined) throw new Error(`the fit never reached a training loss of ${loss}`);
  return reached;
}

function loadSeconds(set: TrainingSet): number {
  const startMs = performance.now();
  loadCodes(new KernelPool(codesBytes(set.rows, set.features), 1), set);
  return (performance.now() - startMs) / 1000;
}
