import { readFileSync } from 'node:fs';
import { fitAdditive } from '../../../backend/science/learn/additive/fit-additive.ts';
import { cpuKernels } from '../../../backend/device/cpu/cpu-device.ts';
import { boost } from '../../../backend/science/learn/trees/boost.ts';
import { DEPTH_WISE } from '../../oracle/peers/quality.ts';
import { additiveOptions, plainSet } from '../../oracle/peers/ours.ts';
import { madeClicks } from './made-clicks.ts';

/** A process of its own, so that its peak of resident memory is that of one training. Arguments: learner, rows, features. */
const [learner, ...shape] = process.argv.slice(2);
const [rows, features] = shape.map(Number);
const options = { ...DEPTH_WISE, trees: 10 };

const { columns, labels } = madeClicks(rows, features, 13);
const before = peakBytes();
const startMs = performance.now();
const loss = learner === 'trees' ? await trainTrees() : await trainAdditive();
const seconds = (performance.now() - startMs) / 1000;
console.log(JSON.stringify({ before, peak: peakBytes(), seconds, loss }));

async function trainTrees(): Promise<number> {
  const train = { ...columns, reward: Float64Array.from(labels) };
  const booster = cpuKernels(2).boosting({ train, objective: 'logistic', options });
  const { curve } = await boost(booster, options);
  void booster.close();
  return curve.at(-1)!.loss / rows;
}

async function trainAdditive(): Promise<number> {
  const set = plainSet(columns, Float64Array.from(labels), Uint32Array.from([0, rows]));
  const { curve } = await fitAdditive(set, undefined, {
    ...additiveOptions(set, 'pointwise', 1),
    maxIterations: 5,
  });
  return curve.at(-1)!.trainLoss;
}

/** Most that was ever resident at once: Linux's VmHWM. */
function peakBytes(): number {
  const line = readFileSync('/proc/self/status', 'utf8').match(/VmHWM:\s+(\d+) kB/);
  return 1024 * Number(line?.[1]);
}
