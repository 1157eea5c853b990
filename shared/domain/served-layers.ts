import { checkLayer } from './layer.ts';
import { checkExploration, type ExplorationSpec } from './exploration.ts';
import type { ServedLayer } from './experiment.ts';
import { isPlacement } from './placement.ts';

/** Experiment ids and arm names as `exposuresToText` needs them: without spaces and colons. */
const NAME = /^[^\s:]{1,128}$/;

/**
 * Whether the `layers` of a pointer can be used for assignment. The backend writes only valid layers, but a pointer
 * edited by hand must not break a ranking, so each field that assignment reads is checked.
 */
export function isServedLayers(value: unknown): value is ServedLayer[] {
  try {
    if (!Array.isArray(value) || !value.every(isLayer)) return false;
    value.forEach(checkLayer);
    // An experiment listed in two layers could expose one ranking to two of its arms.
    const ids = value.flatMap(({ experiments }) => experiments.map(({ id }) => id));
    return new Set(ids).size === ids.length;
  } catch {
    return false;
  }
}

function isLayer(value: unknown): value is ServedLayer {
  const { name, salt, unit, experiments } = value as Record<string, unknown>;
  return (
    typeof name === 'string' &&
    typeof salt === 'string' &&
    (unit === 'user' || unit === 'session') &&
    Array.isArray(experiments) &&
    experiments.every(isExperiment)
  );
}

function isExperiment(value: unknown): boolean {
  const { id, salt, status, range, traffic, arms, design, trigger, placements } = value as Record<
    string,
    unknown
  >;
  return (
    isName(id) &&
    typeof salt === 'string' &&
    (status === 'draft' || status === 'running' || status === 'stopped') &&
    Array.isArray(range) &&
    range.length === 2 &&
    range.every(Number.isFinite) &&
    Number.isFinite(traffic) &&
    Array.isArray(arms) &&
    arms.every(isArm) &&
    (design === 'split' || (design === 'interleaved' && arms.length === 2)) &&
    (trigger === 'ranked' || trigger === 'slate differs') &&
    (placements === undefined ||
      (Array.isArray(placements) && placements.length > 0 && placements.every(isPlacement)))
  );
}

function isArm(value: unknown): boolean {
  const { name, weight, exploration } = value as Record<string, unknown>;
  return (
    isName(name) &&
    Number.isFinite(weight) &&
    (exploration === undefined || isExploration(exploration))
  );
}

const isName = (value: unknown) => typeof value === 'string' && NAME.test(value);

/** @throws ApiError when a field is outside the bounds that a schema's exploration has. */
function isExploration(value: unknown): boolean {
  const { temperature, epsilon, poolSize, optimism, maxLoss, fromSlot } = value as ExplorationSpec;
  checkExploration({ temperature, epsilon, poolSize, optimism, maxLoss, fromSlot });
  return [temperature, epsilon, poolSize, optimism ?? 0, maxLoss ?? 0, fromSlot ?? 0].every(
    Number.isFinite,
  );
}
