import type { ServedLayer } from '../../../../shared/domain/experiment.ts';

/** A layer with one experiment, as the pointer carries it. */
export const servedLayer: ServedLayer = {
  name: 'weights',
  salt: 'layer_1',
  unit: 'session',
  experiments: [
    {
      id: 'exp_1',
      salt: 'exp_1',
      status: 'running',
      range: [0, 1],
      traffic: 1,
      arms: [
        { name: 'control', weight: 50 },
        { name: 'treatment', weight: 50 },
      ],
      design: 'split',
      trigger: 'ranked',
    },
  ],
};
