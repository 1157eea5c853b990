import type { Decision } from '../domain/decision.ts';
import type { FeedbackEvent } from '../domain/event.ts';
import type { SessionId, UserId, Version } from '../domain/ids.ts';
import type { Placement } from '../domain/placement.ts';
import { ByteWriter, FormatError } from './bytes.ts';
import { decisionsFromBytes, decisionsToBytes } from './decision-bytes.ts';
import { isErasure, type Erasure } from './erasure.ts';
import { openFrame, sealFrame } from './frame.ts';

/** A feedback event as stored and shipped: in place of the token it has what the token states. */
export interface CollectedEvent extends Omit<FeedbackEvent, 'token'> {
  /** Keyed; empty where the visitor did not consent. So is `userId`. */
  readonly sessionId: SessionId;
  readonly userId?: UserId;
  /** Absent in events of edges from before there were placements: their ids are as the site gave them. */
  readonly placement?: Placement;
  readonly arm?: string;
  /** As `Decision.pointerRevision`. */
  readonly pointerRevision?: number;
  readonly weights: Version;
  /** Epoch ms, by the edge's clock. */
  readonly receivedAt: number;
  /** What was added to `timestamp` because the visitor's clock was off; absent where nothing was. */
  readonly clockOffsetMs?: number;
}

/** The batch that an EventLog object ships at a time. The same `batchId` always identifies the same content. */
export interface IngestBatch {
  readonly batchId: string;
  readonly decisions: readonly Decision[];
  readonly events: readonly CollectedEvent[];
  /** Sessions that their visitors want erased; absent where there are none. */
  readonly erasures?: readonly Erasure[];
  /** Decisions that the edge could not store, so that they are in no batch; absent where there were none. */
  readonly lost?: number;
}

/**
 * Frame `TTIB`: the id, the decisions' batches, the events and erasures as JSON, and in format 2 how many decisions were lost (u32). A
 * batch is written in the oldest format that holds what it has, so that older backends can read it.
 */
const MAGIC = 'TTIB';
const NEWEST_FORMAT = 2;
/** About what a batch has beside its decisions and events. */
const MARGIN_BYTES = 1024;

export function ingestBatchToBytes({
  batchId,
  decisions,
  events,
  lost,
}: IngestBatch): Uint8Array<ArrayBuffer> {
  return sealIngestBatch(
    batchId,
    [decisionsToBytes(decisions)],
    `[${events.map((event) => JSON.stringify(event)).join(',')}]`,
    lost,
  );
}

/** The same for EventLog, which already stores decision batches as bytes and events as JSON. */
export function sealIngestBatch(
  batchId: string,
  decisionBatches: readonly Uint8Array[],
  eventsJson: string,
  lost = 0,
): Uint8Array<ArrayBuffer> {
  const sizeBytes = decisionBatches.reduce((sum, { length }) => sum + length, eventsJson.length);
  const payload = new ByteWriter(sizeBytes + MARGIN_BYTES)
    .text(batchId)
    .u32(decisionBatches.length);
  for (const batch of decisionBatches) payload.block(batch);
  payload.text(eventsJson);
  if (lost > 0) payload.u32(lost);
  return sealFrame(MAGIC, lost > 0 ? 2 : 1, undefined, payload.written());
}

/**
 * @throws FormatError when the bytes are damaged.
 * @param isVerified their signature fits, which is over all of them, so that they are not hashed again. Decisions are: they were stored
 * for a while before they were signed.
 */
export function ingestBatchFromBytes(bytes: Uint8Array, isVerified = false): IngestBatch {
  const { format, payload } = openFrame(MAGIC, NEWEST_FORMAT, bytes, isVerified);
  const batchId = payload.text();
  const batches = Array.from({ length: payload.count(4) }, () => payload.block());
  const eventsJson = payload.text();
  const lost = format < 2 ? 0 : payload.u32();
  payload.end();
  const decisions = batches.flatMap((batch) => decisionsFromBytes(batch));
  const all = readEvents(batchId, eventsJson);
  const erasures = all.filter(isErasure);
  const events = all.filter((event): event is CollectedEvent => !isErasure(event));
  return {
    batchId,
    decisions,
    events,
    ...(erasures.length > 0 && { erasures }),
    ...(lost > 0 && { lost }),
  };
}

/**
 * The events were parsed field by field when they were collected,
 * and the batch is signed, so they are not checked again.
 */
function readEvents(batchId: string, text: string): (CollectedEvent | Erasure)[] {
  let events: unknown;
  try {
    events = JSON.parse(text);
  } catch {
    throw new FormatError(`batch ${batchId}: its events are not JSON`);
  }
  if (!Array.isArray(events) || !events.every((event) => typeof event?.eventId === 'string')) {
    throw new FormatError(`batch ${batchId}: its events are not a list of events`);
  }
  return events as (CollectedEvent | Erasure)[];
}
