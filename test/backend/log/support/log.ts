import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ingest } from '../../../../backend/log/ingest/ingest.ts';
import { versions } from '../../../../backend/models/versions.ts';
import type { Database } from '../../../../backend/store/connect.ts';
import type { Store } from '../../../../backend/store/open.ts';
import type { BuildDeps } from '../../../../backend/log/partitions/build-partition.ts';
import { openObjectStore } from '../../../../backend/log/partitions/open-object-store.ts';
import { updateAccount } from '../../../../backend/log/account/update-account.ts';
import { NO_FILTERS, type Filters } from '../../../../backend/log/account/filters.ts';
import type { Decision } from '../../../../shared/domain/decision.ts';
import { parseItemId, parseSessionId, parseUserId } from '../../../../shared/domain/ids.ts';
import { seededRandom } from '../../../../shared/explore/random.ts';
import { smarttrip } from '../../../../shared/features/smarttrip.ts';
import type { CollectedEvent } from '../../../../shared/format/ingest-bytes.ts';
import { borrowStore } from '../../../support/borrow-store.ts';
import { decisionOf, eventOf } from '../../support/decisions.ts';
import { timeGoesOn } from '../../support/time-goes-on.ts';

export const FEATURES = smarttrip.features.length;
/** Noon of a day long enough ago to be told from now. */
export const NOON = Date.parse('2026-03-10T12:00:00Z');
export const DAY = 86_400_000;

export interface Log {
  readonly store: Store;
  readonly database: Database;
  readonly folder: string;
  /** What the clock says; tests set it. */
  nowMs: number;
  /** By the account of these rules: bring it up to date first. */
  deps(filters?: Filters, attributionDays?: number): BuildDeps;
  /** Brings the account up to date by these rules, as every reader has it done. */
  update(filters?: Filters, attributionDays?: number): Promise<void>;
  add(decisions: readonly Decision[], events?: readonly CollectedEvent[]): Promise<void>;
  /** Time goes on, in the log as by the clock. */
  goOnTo(nowMs: number): Promise<void>;
  close(): Promise<void>;
}

/** A libSQL file with the rules as `v000000`, and a folder for partitions. */
export async function openLog(nowMs = NOON + DAY): Promise<Log> {
  const directory = mkdtempSync(join(tmpdir(), 'trimtab-data-'));
  const store = await borrowStore();
  const database = { url: store.url };
  await versions(store, () => nowMs).ensureRules(smarttrip);
  const folder = join(directory, 'partitions');
  let batches = 0;
  const log: Log = {
    store,
    database,
    folder,
    nowMs,
    deps: (filters = NO_FILTERS, attributionDays = 7) => ({
      db: store.db,
      objects: openObjectStore({ kind: 'folder', path: folder }),
      accountRules: { attributionDays, filters },
      nowMs: () => log.nowMs,
      maxLagMs: 5 * 60_000,
    }),
    update: (filters = NO_FILTERS, attributionDays = 7) =>
      updateAccount(store, { filters, attributionDays }, log.nowMs),
    async add(decisions, events = []) {
      await ingest(store, { batchId: `batch-${batches++}`, decisions, events }, log.nowMs);
    },
    async goOnTo(then) {
      log.nowMs = then;
      await log.add(timeGoesOn(then));
    },
    async close() {
      await store.close();
      rmSync(directory, { recursive: true });
    },
  };
  return log;
}

/** A ranking without faults: no snapshot was read, every slot had a chance. */
export const rankingOf = (name: string, at = NOON, changes: Partial<Decision> = {}): Decision =>
  decisionOf(name, {
    at,
    snapshot: '',
    sessionId: parseSessionId(`session of ${name}`.replaceAll(' ', '-')),
    codes: Uint8Array.from({ length: 3 * FEATURES }, (_, i) => 1 + (i % 7)),
    ...changes,
  });

/** Something that happened with a ranking's item, seconds later. */
export const happened = (
  { rankingId, at, sessionId, userId, itemIds }: Decision,
  type: CollectedEvent['type'],
  { slot = 0, afterMs = 5000, ...changes }: Partial<CollectedEvent> & Partial<When> = {},
): CollectedEvent =>
  eventOf(`${type}-${slot}-${afterMs}-${rankingId}`, rankingId, {
    type,
    itemId: itemIds[slot],
    position: slot + 1,
    timestamp: at + afterMs,
    receivedAt: at + afterMs,
    sessionId,
    ...(userId && { userId }),
    ...changes,
  });

interface When {
  readonly slot: number;
  readonly afterMs: number;
}

const TYPES = ['click', 'click', 'dwell', 'save', 'contact', 'booking', 'scroll_depth'] as const;

/** A few days of many visitors, some of them with a user id, and all that they did. */
export function crowdedDays(days: number, rankingsPerDay: number, seed: number) {
  const random = seededRandom(seed);
  const below = (n: number) => Math.floor(random() * n);
  const decisions: Decision[] = [];
  const events: CollectedEvent[] = [];
  for (let n = 0; n < days * rankingsPerDay; n++) {
    const visitor = below(rankingsPerDay / 2);
    const slots = 1 + below(6);
    const itemIds = Array.from({ length: slots }, (_, slot) => parseItemId(`item-${n}-${slot}`));
    const decision = rankingOf(
      `r-${seed}-${n}`,
      NOON + Math.floor(n / rankingsPerDay) * DAY + below(40_000_000),
      {
        sessionId: parseSessionId(`session-${visitor}`),
        ...(visitor % 3 === 0 && { userId: parseUserId(`user-${visitor}`) }),
        ...(visitor % 5 === 0 && { arm: 'b' }),
        itemIds,
        units: itemIds.map(() => below(1_000_000) - 500_000),
        propensities: itemIds.map(() => random()),
        codes: Uint8Array.from({ length: slots * FEATURES }, () => below(256)),
      },
    );
    decisions.push(decision);
    for (let i = below(5); i > 0; i--) {
      const afterMs = 1000 + below(9 * DAY);
      const value = random() < 0.5 ? { value: 1000 * random() } : {};
      const slot = below(slots);
      events.push(happened(decision, TYPES[below(TYPES.length)], { slot, afterMs, ...value }));
    }
  }
  return { decisions, events };
}
