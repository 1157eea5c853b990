import { ApiError } from '../../shared/domain/errors.ts';

/** Of a move, a rollout, an experiment or a training that names a placement which the default lineage ranks. */
export const noLineage = (placement: string): ApiError =>
  new ApiError(
    404,
    'no_lineage',
    `placement ${placement.slice(0, 64)} has no lineage of its own: it is ranked by the default one, unless "placements" of trimtab.config.ts names it`,
  );
