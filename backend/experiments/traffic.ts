import { ApiError } from '../../shared/domain/errors.ts';
import { armKey, type ServedArm, type ServedLayer } from '../../shared/domain/experiment.ts';
import type { Version } from '../../shared/domain/ids.ts';
import { checkLayer } from '../../shared/domain/layer.ts';
import type { Store } from '../store/open.ts';
import { runningExperiments } from './read-experiments.ts';
import { listLayers, type LayerRow } from './layers.ts';
import { asAssigned, type Experiment } from './new-experiment.ts';

export interface ExperimentTraffic {
  /** `armKey` → version. */
  readonly arms: Record<string, Version>;
  /** Of the default lineage: those of its experiments that all of its rankings may enter. */
  readonly layers: ServedLayer[];
  /** All of its experiments, where some are of some placements only. */
  readonly placedLayers?: ServedLayer[];
  /** Of placements with a lineage of their own. */
  readonly placements: Record<string, Pick<ExperimentTraffic, 'arms' | 'layers'>>;
}

/** Every isolate reads the pointer every few seconds. */
const MAX_TRAFFIC_BYTES = 64 * 1024;

/** The part of the pointer that serves all running experiments, canaries included. Layers are in the order in which they claim units. */
export async function trafficOf(store: Pick<Store, 'db'>): Promise<ExperimentTraffic> {
  return trafficFrom(await listLayers(store), await runningExperiments(store));
}

/** @throws ApiError 400 where two of one layer overlap, 409 where the pointer would grow too large. */
export function trafficFrom(
  layers: readonly LayerRow[],
  running: readonly Experiment[],
): ExperimentTraffic {
  const inOrder = running.toSorted((a, b) => a.rangeFrom - b.rangeFrom || (a.id < b.id ? -1 : 1));
  const layersOf = (experiments: readonly Experiment[]) =>
    layers.flatMap(({ name, salt, unit }): ServedLayer[] => {
      const own = experiments.filter(({ layer }) => layer === name);
      if (own.length === 0) return [];
      return [{ name, salt, unit, experiments: own.map(servedAs) }];
    });
  // A layer's experiments never share a unit, whichever placements and lineages they are of.
  for (const layer of layersOf(inOrder)) checkLayer(layer);
  const main = inOrder.filter(({ lineage }) => lineage === null);
  const isPlaced = ({ placements }: Experiment) => placements !== null;
  const lineages = [...new Set(inOrder.flatMap(({ lineage }) => lineage ?? []))].toSorted();
  const traffic = {
    arms: armsOf(main),
    layers: layersOf(main.filter((one) => !isPlaced(one))),
    ...(main.some(isPlaced) && { placedLayers: layersOf(main) }),
    placements: Object.fromEntries(
      lineages.map((placement) => {
        const own = inOrder.filter(({ lineage }) => lineage === placement);
        return [placement, { arms: armsOf(own), layers: layersOf(own) }];
      }),
    ),
  };
  const size = JSON.stringify(traffic).length;
  if (size > MAX_TRAFFIC_BYTES)
    throw new ApiError(
      409,
      'too_much_traffic',
      `the running experiments take ${size} bytes of the pointer, and ${MAX_TRAFFIC_BYTES} is the most: stop one`,
    );
  return traffic;
}

const armsOf = (experiments: readonly Experiment[]): Record<string, Version> =>
  Object.fromEntries(
    experiments.flatMap(({ id, arms: own }) =>
      own.flatMap(({ name, version }) => (version ? [[armKey(id, name), version]] : [])),
    ),
  );

const servedAs = (row: Experiment) => ({
  ...asAssigned(row),
  design: row.design,
  trigger: row.trigger,
  // Of a lineage all rankings are of its placement.
  ...(row.placements !== null && row.lineage === null && { placements: row.placements }),
  arms: row.arms.map(({ name, weight, exploration }): ServedArm => ({
    name,
    weight,
    ...(exploration && { exploration }),
  })),
});
