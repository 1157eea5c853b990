import type { Placement } from '../../../shared/domain/placement.ts';
import type { VerbOptions } from '../command/verb.ts';

export interface PlacedOptions extends VerbOptions {
  readonly placement?: string;
}

/** Of commands that are of one lineage. */
export const OF_PLACEMENT = [
  '--placement <name>',
  'of the lineage of this placement (default: of all placements without one of their own)',
] as const;

/** The backend checks the name, and says what it may be. */
export const placedQuery = ({ placement }: PlacedOptions): { placement?: Placement } =>
  placement === undefined ? {} : { placement: placement as Placement };
