import { createHash } from 'node:crypto';
import type { Schema } from '../../../shared/features/schema.ts';
import { counted } from '../../../shared/text/text.ts';
import type { Kv } from '../../models/edge-kv.ts';
import type { Publisher } from '../../models/publisher.ts';
import type { Job } from '../../scheduler/scheduler.ts';
import type { Store } from '../../store/open.ts';
import { clientOf } from '../../store/read-text.ts';
import { lastRevision } from '../stored-items.ts';
import type { BuiltRelated } from './build-related.ts';
import {
  isRelatedLost,
  publishRelated,
  readLiveRelated,
  type LiveRelated,
} from './related-parts.ts';

/** After a build the next one waits twenty times as long as it took of a processor: whatever changes by the minute takes a twentieth of a core. */
const PAUSE_TIMES = 20;
/** What takes less, ms, may be done each time. */
const LITTLE_MS = 500;
/** What KV has is looked at so often, ms. */
const LOOK_EVERY_MS = 60_000;

export interface RelatedJobDeps {
  readonly store: Store;
  readonly kv: Pick<Kv, 'get'>;
  readonly publisher: Pick<Publisher, 'publishRelated'>;
  readonly liveSchema: () => Promise<Schema>;
  /** Runs in a thread of its own. */
  readonly build: (
    schema: Schema,
  ) => Promise<BuiltRelated & { readonly revision: number; readonly tookMs: number }>;
  /** The longest that KV may show what was there before, ms. */
  readonly settleMs: number;
  readonly everyMs: number;
  readonly nowMs: () => number;
  readonly log: (message: string) => void;
}

/**
 * The leader finds anew which items are alike once the catalogue is another one, or what makes items alike, and publishes it again where KV has lost it. It is not
 * waited for: a catalogue is live before its neighbours are, and until then those of the one before are.
 */
export function relatedJob(deps: RelatedJobDeps): Job {
  const { store, kv, publisher, liveSchema, build, settleMs, everyMs, nowMs, log } = deps;
  let notBefore = Number.NEGATIVE_INFINITY;
  let lookedAt = Number.NEGATIVE_INFINITY;
  let turn = 0;

  /** Whether KV has lost some of what is live; it is not asked each time, nor while it may show what was there before. */
  const lost = async (live: LiveRelated | undefined): Promise<boolean> => {
    if (live === undefined || Math.abs(nowMs() - live.since) < settleMs) return false;
    if (Math.abs(performance.now() - lookedAt) < LOOK_EVERY_MS) return false;
    lookedAt = performance.now();
    return isRelatedLost(kv, live, turn++);
  };

  return {
    name: 'related items',
    schedule: everyMs,
    leaderOnly: true,
    async run() {
      const schema = await liveSchema();
      if (schema.related === undefined) return;
      const live = await readLiveRelated(store);
      const isLost = await lost(live);
      const wanted = madeOf(schema, await lastRevision(clientOf(store.db)));
      if (!isLost && (live?.madeOf === wanted || performance.now() < notBefore)) return;
      const begun = performance.now();
      const built = await build(schema).catch((error: unknown) => {
        // It would fail after as long again.
        const failed = performance.now();
        notBefore = failed + PAUSE_TIMES * (failed - begun);
        throw error;
      });
      const { tookMs } = built;
      if (tookMs > LITTLE_MS) notBefore = performance.now() + PAUSE_TIMES * tookMs;
      // A site that has no items yet has nobody to be told so.
      if (built.items === 0 && live === undefined) return;
      const isNew = await publishRelated(store, publisher, built, {
        madeOf: madeOf(schema, built.revision),
        isLost,
        nowMs,
      });
      if (isNew)
        log(
          `related items ${built.index.hash} are live: ${counted(built.items, 'item')}, found in ${(tookMs / 1000).toFixed(1)} s`,
        );
    },
  };
}

const madeOf = ({ columns, related }: Schema, revision: number): string =>
  `${createHash('sha256')
    .update(JSON.stringify([columns, related]))
    .digest('hex')
    .slice(0, 16)} ${revision}`;
