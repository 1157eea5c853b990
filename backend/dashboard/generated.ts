import { scaleOf, ticksOf } from '../reports/scale.ts';
import { STEPS } from '../rollouts/steps.ts';

/** Modules of the page that are made from the backend's own code, so that the page holds no copy of it. */
export const GENERATED: Readonly<Record<string, string>> = {
  'steps.js': `export const STEPS = ${JSON.stringify(STEPS)};\n`,
  // Types are gone from a function that runs.
  'scale.js': [scaleOf, ticksOf].map((one) => `export ${one.toString()}\n`).join('\n'),
};
