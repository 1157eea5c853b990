import type { Tone } from '../../dom.ts';
import type { Experiment } from '../../../../http/answers.ts';

/** How a state of an experiment looks. */
export const TONES: Record<Experiment['status'], Tone> = {
  draft: 'plain',
  running: 'good',
  stopped: 'plain',
};
