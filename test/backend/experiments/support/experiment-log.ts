import type { Experiment } from '../../../../backend/experiments/new-experiment.ts';
import { ensureLayer } from '../../../../backend/experiments/layers.ts';
import type { Store } from '../../../../backend/store/open.ts';
import { experiments } from '../../../../backend/store/tables.ts';
import { DEFAULT_METRICS } from '../../../../shared/domain/metric.ts';

/** A running experiment of two arms, put there by hand. */
export async function runningExperiment(
  store: Store,
  changes: Partial<Experiment> & { readonly unit?: 'user' | 'session' } = {},
): Promise<Experiment> {
  const { unit = 'session', ...fields } = changes;
  const layer = unit === 'user' ? 'users' : 'weights';
  await ensureLayer(store, { name: layer, unit, rank: 10 }, 1);
  const experiment: Experiment = {
    id: 'exp_1',
    name: 'of a test',
    kind: 'experiment',
    layer,
    salt: fields.id ?? 'exp_1',
    rangeFrom: 0,
    rangeTo: 1,
    traffic: 1,
    arms: [
      { name: 'control', weight: 50 },
      { name: 'treatment', weight: 50 },
    ],
    design: 'split',
    trigger: 'ranked',
    metrics: [...DEFAULT_METRICS],
    guardrails: [],
    minimumPerArm: 1000,
    metricWeightsId: null,
    status: 'running',
    createdAt: 1,
    startedAt: 1,
    stoppedAt: null,
    ramp: null,
    placements: null,
    lineage: null,
    ...fields,
  };
  await store.write([store.db.insert(experiments).values(experiment)]);
  return experiment;
}
