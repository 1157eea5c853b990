import type { z } from 'zod';
import { group, positive, share } from '../../settings/fields.ts';

export const qualityLimits = group({
  /** Share of rankings that were logged whole. */
  minCompleteness: share.default(0.95),
  /** Share of feedback events that join a ranking. */
  minAttribution: share.default(0.99),
  /** Share of rankings that were answered and not logged: as the edge counts them, or by feedback that joins none. */
  maxLostShare: share.default(0.01),
  /** Age of the newest ranking. */
  maxAgeHours: positive.default(48),
  /** No feature may be missing in more than this share of shown items; 1 = each may. */
  maxMissingShare: share.default(1),
});

export type QualityLimits = z.infer<typeof qualityLimits>;
