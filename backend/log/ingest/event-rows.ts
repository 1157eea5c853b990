import { DEFAULT_PLACEMENT } from '../../../shared/domain/placement.ts';
import type { CollectedEvent } from '../../../shared/format/ingest-bytes.ts';
import type { Cell } from '../../store/insert-rows.ts';

export const EVENT_COLUMNS = [
  'eventId',
  'type',
  'rankingId',
  'itemId',
  'position',
  'value',
  'properties',
  'timestamp',
  'receivedAt',
  'sessionId',
  'userId',
  'placement',
  'arm',
  'pointerRevision',
  'weights',
] as const;

/** The edge checked each field when the event came, and signed the batch. */
export const eventRow = (event: CollectedEvent): Cell[] => [
  event.eventId,
  event.type,
  event.rankingId,
  event.itemId ?? null,
  event.position ?? null,
  event.value ?? null,
  event.properties === undefined ? null : JSON.stringify(event.properties),
  event.timestamp,
  event.receivedAt,
  event.sessionId,
  event.userId ?? null,
  event.placement ?? DEFAULT_PLACEMENT,
  event.arm ?? null,
  event.pointerRevision ?? null,
  event.weights,
];
