import { DAY_MS } from '../../../shared/domain/utc-day.ts';
import { DEFAULT_PLACEMENT } from '../../../shared/domain/placement.ts';
import type { Decision } from '../../../shared/domain/decision.ts';
import type { SessionId } from '../../../shared/domain/ids.ts';
import { decisionOf } from './decisions.ts';

/**
 * What shows that time went on until then: something is ranked on three days, under another schema and for visitors who
 * gave no consent, so that it counts for nobody.
 */
export const timeGoesOn = (untilMs: number): Decision[] =>
  [2, 1, 0].map((days) =>
    decisionOf(`then-${untilMs}-${days}`, {
      at: untilMs - days * DAY_MS,
      sessionId: '' as SessionId,
      userId: undefined,
      context: { placement: DEFAULT_PLACEMENT, consent: 'none' },
      schemaHash: 'f'.repeat(16),
    }),
  );
