import {
  apprenticeExperiment,
  apprenticeshipAt,
  SITE_ARM,
  TRIMTAB_ARM,
} from '../../shared/domain/apprentice.ts';
import type { Exposure } from '../../shared/domain/experiment.ts';
import type { Pointer } from '../../shared/domain/pointer.ts';
import type { RankRequest } from '../../shared/domain/rank-request.ts';
import { hashToUnitInterval, type Visitor } from '../../shared/explore/assign.ts';

/** Which of the two orders a ranking at an apprentice's placement gets. */
export interface OrderArm {
  readonly arm: typeof SITE_ARM | typeof TRIMTAB_ARM;
  /** Only while sessions are split between the two: what compares them. */
  readonly exposure?: Exposure;
}

/** Of all placements and changes: who saw Trimtab's ranking keeps it while its share grows, and has it everywhere. */
const SALT = 'apprentice';

/**
 * Whether the site's own order is kept. Without candidates there is none, and the catalogue is ranked as usual, as an answer
 * without items would leave the page empty.
 * @param pointer undefined where it is not known, or a version was asked for by name.
 * @returns undefined where Trimtab is no apprentice.
 */
export function orderArmOf(
  pointer: Pointer | undefined,
  { placement, candidates }: Pick<RankRequest, 'placement' | 'candidates'>,
  { sessionId }: Visitor,
): OrderArm | undefined {
  const setting = apprenticeshipAt(pointer?.apprentice, placement);
  if (setting === undefined || candidates === undefined) return undefined;
  const { share, change } = setting;
  const arm = hashToUnitInterval(SALT, 'traffic', sessionId) < share ? TRIMTAB_ARM : SITE_ARM;
  const isSplit = share > 0 && share < 1;
  return { arm, ...(isSplit && { exposure: { experiment: apprenticeExperiment(change), arm } }) };
}
