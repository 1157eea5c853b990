import type { IdentityKey } from '../../../shared/domain/identity.ts';
import type { GivenId, SessionId, UserId } from '../../../shared/domain/ids.ts';
import type { IngestBatch } from '../../../shared/format/ingest-bytes.ts';

/** Keys the ids of what an edge sent that does not key them itself: decisions without a context, events without a placement. */
export const rekeyBatch = (batch: IngestBatch, key: IdentityKey): IngestBatch => ({
  ...batch,
  decisions: batch.decisions.map((one) =>
    one.context === undefined ? { ...one, ...keyed(one, key) } : one,
  ),
  events: batch.events.map((one) =>
    one.placement === undefined ? { ...one, ...keyed(one, key) } : one,
  ),
});

const keyed = (
  { sessionId, userId }: { readonly sessionId: SessionId; readonly userId?: UserId },
  key: IdentityKey,
) => ({
  sessionId: key.sessionId(sessionId as string as GivenId),
  ...(userId !== undefined && { userId: key.userId(userId as string as GivenId) }),
});
