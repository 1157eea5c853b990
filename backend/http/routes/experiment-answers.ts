import type { z } from '@hono/zod-openapi';
import { invalidAt } from '../../../shared/domain/errors.ts';
import type { LayerRow } from '../../experiments/layers.ts';
import { shareOf, type Experiment, type NewExperiment } from '../../experiments/new-experiment.ts';
import type { Report } from '../../experiments/reports.ts';
import type { newExperiment } from './experiment-shapes.ts';

type Asked = Omit<z.output<typeof newExperiment>, 'start' | 'freezeWeights' | 'selfTest'>;

/** @throws ApiError 400 where arms are neither given nor those of the self-test, or both. */
export function withSelfTest(
  asked: Asked,
  test: Pick<NewExperiment, 'arms' | 'metrics'> | undefined,
): NewExperiment {
  const { arms } = asked;
  if (test === undefined) {
    if (arms === undefined)
      throw invalidAt(
        'arms',
        'an experiment needs two arms or more, the control first (or selfTest)',
      );
    return { ...asked, arms };
  }
  if (arms !== undefined)
    throw invalidAt('arms', 'a self-test has its own arms: leave out arms or selfTest');
  return { ...test, ...asked, arms: test.arms, metrics: asked.metrics ?? test.metrics };
}

export function experimentAnswer(row: Experiment, layers: readonly LayerRow[]) {
  const { kind: _, rangeFrom, rangeTo, ...shown } = row;
  return {
    ...shown,
    unit: layers.find(({ name }) => name === row.layer)?.unit ?? ('session' as const),
    range: [rangeFrom, rangeTo] as [number, number],
    traffic: shareOf(row),
  };
}

export function reportAnswer(
  row: Experiment,
  layers: readonly LayerRow[],
  found: Report | undefined,
) {
  return {
    ...experimentAnswer(row, layers),
    report:
      found === undefined
        ? null
        : {
            at: found.at,
            frozen: found.frozen,
            refusedUnits: found.collected.refusedUnits,
            analysis: found.analysis,
            ...(found.weights && { weights: found.weights }),
          },
  };
}
