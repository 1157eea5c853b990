import type { Decision } from '../../../shared/domain/decision.ts';
import { exposuresFromText } from '../../../shared/domain/experiment.ts';
import type { Cell } from '../../store/insert-rows.ts';

export const EXPOSURE_COLUMNS = [
  'experiment',
  'rankingId',
  'arm',
  'at',
  'sessionId',
  'userId',
  'pointerRevision',
] as const;

/** One row for each experiment that a ranking was exposed to. */
export const exposureRows = ({
  arm: text = '',
  rankingId,
  at,
  sessionId,
  userId,
  pointerRevision,
}: Decision) =>
  exposuresFromText(text)
    // An arm without an experiment was written before there were exposures.
    .filter(({ experiment }) => experiment !== '')
    .map(({ experiment, arm }): Cell[] => [
      experiment,
      rankingId,
      arm,
      at,
      sessionId,
      userId ?? null,
      pointerRevision ?? null,
    ]);
