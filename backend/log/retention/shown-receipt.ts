import { DAY_MS } from '../../../shared/domain/utc-day.ts';
import { completedAt, type Receipt } from './receipts.ts';
import type { PrivacySettings } from './settings.ts';

/** Where a system keeps what it stores, as far as it decides what an erasure can reach. */
export interface Places {
  /** A libSQL server keeps its own pages, log and replicas. */
  readonly database: 'file' | 'server';
  readonly trainingStore: 'folder' | 'bucket';
  /** The edge runs on this machine; else at Cloudflare. */
  readonly isEdgeLocal: boolean;
}

export interface ShownReceipt {
  readonly id: string;
  readonly kind: Receipt['kind'];
  readonly at: number;
  readonly by: string;
  readonly dueAt: number;
  readonly completedAt: number | null;
  readonly sessions: number;
  readonly rows: Readonly<Record<string, number>>;
  /** `none needed`: nothing of anybody is there. `by itself`: nothing tells when, and nothing has to be done. */
  readonly stages: {
    place: string;
    how: string;
    state: 'done' | 'open' | 'none needed' | 'by itself';
    doneAt: number | null;
  }[];
  readonly beyond: { place: string; until: number | null; why: string }[];
  readonly replayedAt: number | null;
}

const HOUR_MS = 3_600_000;
/** Point-in-time recovery of Durable Objects at Cloudflare. */
const RECOVERY_DAYS = 30;

/** A receipt as it is handed out: what was searched, when each stage was complete, and what lies with others. */
export function shownReceipt(
  receipt: Receipt,
  { erasureHours }: Pick<PrivacySettings, 'erasureHours'>,
  places: Places,
): ShownReceipt {
  const { id, kind, at, by, sessions, rows, replayedAt } = receipt;
  const isErasure = kind !== 'allow';
  return {
    id,
    kind,
    at,
    by,
    dueAt: at + erasureHours * HOUR_MS,
    completedAt: completedAt(receipt),
    sessions,
    rows,
    stages: isErasure ? stagesOf(receipt, places) : [],
    beyond: isErasure ? beyond(at, places) : [],
    replayedAt,
  };
}

function stagesOf(receipt: Receipt, { database, trainingStore }: Places): ShownReceipt['stages'] {
  const { at, partitions, journaledAt, partitionsAt, logAt, fileAt, batchesAt, searched } = receipt;
  const isFile = database === 'file';
  return [
    {
      place: 'database rows',
      how: 'all tables that name anybody were searched by the keyed ids; what was found was deleted and overwritten, and what still arrives is dropped',
      ...done(at),
    },
    {
      place: 'journal',
      how: 'noted beside the database, so that one that is restored is cleaned at its start',
      ...done(journaledAt),
    },
    {
      place: 'training data',
      how:
        partitions === null
          ? 'every partition is searched, and written anew where it names them'
          : `${partitions.searched} partitions searched, ${partitions.rewritten} written anew (${trainingStore}); folders of other backends at their next pruning`,
      ...done(partitionsAt),
    },
    {
      place: 'write-ahead log',
      how: isFile ? 'emptied into the file' : 'kept by the libSQL server: see what is beyond',
      ...done(logAt),
    },
    {
      place: 'free pages of the database',
      how: isFile
        ? 'the file is rewritten at the next pruning'
        : 'kept by the libSQL server: see what is beyond',
      ...done(fileAt),
    },
    ...(batchesAt === 0
      ? []
      : [
          {
            place: 'batches in the bucket of the log',
            how: 'each is deleted storedBatches.keepHours after it was sealed, once it is committed; complete when all from before are gone',
            ...done(batchesAt),
          },
        ]),
    {
      place: 'reports, audit log, alerts, models',
      how:
        searched === null
          ? 'they name nobody, and are searched as text to be sure'
          : `searched as text: ${Object.values(searched).reduce((a, b) => a + b, 0)} of their rows name them`,
      ...done(searched === null ? null : journaledAt),
    },
    {
      place: 'KV',
      how: 'not searched, as it holds the catalogue and weights alone: no id is ever written there',
      state: 'none needed',
      doneAt: null,
    },
    {
      place: 'Durable Objects',
      how: 'what waited there is dropped when it arrives, and overwritten once it is shipped (within seconds, unless the backend is down)',
      state: 'by itself',
      doneAt: null,
    },
  ];
}

const done = (at: number | null) => ({ state: at === null ? 'open' : 'done', doneAt: at }) as const;

function beyond(
  at: number,
  { database, trainingStore, isEdgeLocal }: Places,
): ShownReceipt['beyond'] {
  return [
    ...(isEdgeLocal
      ? []
      : [
          {
            place: 'point-in-time recovery of Durable Objects',
            until: at + RECOVERY_DAYS * DAY_MS,
            why: 'Cloudflare keeps it; nobody but you can restore from it, and what is restored is shipped again and dropped',
          },
        ]),
    ...(database === 'server'
      ? [
          {
            place: 'pages, log and replicas of the libSQL server',
            until: null,
            why: 'its operator rewrites the database (VACUUM) and lets its backups run out',
          },
        ]
      : []),
    ...(trainingStore === 'bucket'
      ? [
          {
            place: 'earlier versions of objects',
            until: null,
            why: 'only where the bucket keeps versions: a lifecycle rule for noncurrent versions ends them',
          },
        ]
      : []),
    {
      place: 'backups that you made',
      until: null,
      why: 'one that is restored is cleaned by the journal when the backend starts',
    },
  ];
}
