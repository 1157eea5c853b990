import { createHash } from 'node:crypto';
import { canonicalJson } from '../../../shared/domain/canonical-json.ts';
import type { Filters } from './filters.ts';

/** The settings that decide what counts. */
export interface Rules {
  readonly attributionDays: number;
  readonly filters: Filters;
}

/** To be increased whenever the code of the account classifies or credits differently. */
const RULES_OF_THE_CODE = 2;

/** Figures that were counted under different versions are never put into one. */
export const accountVersion = ({ attributionDays, filters }: Rules): string =>
  `${RULES_OF_THE_CODE}-${createHash('sha256')
    .update(canonicalJson({ attributionDays, filters }))
    .digest('hex')
    .slice(0, 8)}`;
