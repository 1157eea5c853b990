import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eq } from 'drizzle-orm';
import { ApiError, invalid } from '../../../shared/domain/errors.ts';
import type { Schema } from '../../../shared/features/schema.ts';
import { count, counted, percent } from '../../../shared/text/text.ts';
import { inTurnWithOthers } from '../../scheduler/in-turn-with-others.ts';
import type { Lease } from '../../scheduler/lease.ts';
import type { Store } from '../../store/open.ts';
import { feeds as states } from '../../store/tables.ts';
import type { FeedChanges, FeedFile } from './compare-feed.ts';
import type { Outbound } from '../../outbound/outbound.ts';
import { downloadFeed, type Validators } from './download-feed.ts';
import type { Feed } from './feed.ts';
import { recordRefusal } from './record-refusal.ts';
import { writeFeed, type Taken } from './write-feed.ts';

export interface ReadOptions {
  /** For the audit log. */
  readonly actor: string;
  /** Also where its server would say that nothing has changed: what was changed by hand since is brought back. */
  readonly whole?: boolean;
  /** Whatever share of its items it takes out. */
  readonly anyShare?: boolean;
}

/** What came of one reading. */
export interface FeedRead extends Taken {
  /** Its server said that nothing has changed; then all counts are 0. */
  readonly notModified: boolean;
  /** Why rows were refused, the first ten; empty where none were. */
  readonly refusals: string;
}

export interface Feeds {
  readonly configured: readonly Feed[];
  /**
   * Brings the catalogue up to date with a feed: all of it, or nothing. Feeds are read one after the other, by one backend at a time.
   * @throws ApiError 404 for a name that is none; 422 `feed_refused` saying why, once that is recorded; 503 where this backend stops.
   */
  read(name: string, options: ReadOptions): Promise<FeedRead>;
  /** Ends what is being read. */
  stop(): void;
}

export interface FeedsDeps {
  readonly store: Store;
  readonly feeds: readonly Feed[];
  readonly outbound: Outbound;
  readonly liveSchema: () => Promise<Schema>;
  /** Runs in a thread of its own. */
  readonly compare: (schema: Schema, feed: FeedFile) => Promise<FeedChanges>;
  /** Of all feeds together. */
  readonly lease: Lease;
  /** The catalogue has changed. */
  readonly changed: () => void;
  /** What is known of a feed has changed; does not throw. */
  readonly onRead: () => Promise<void>;
  readonly nowMs: () => number;
  readonly log: (message: string) => void;
}

const NOTHING: FeedRead = {
  notModified: true,
  created: 0,
  changed: 0,
  unchanged: 0,
  withdrawn: 0,
  refused: 0,
  refusals: '',
};

export function catalogueFeeds(deps: FeedsDeps): Feeds {
  const { store, feeds, nowMs, log } = deps;
  const stopping = new AbortController();
  const { signal } = stopping;
  /** A lease is of a process: within it, readings wait for each other here. */
  let last: Promise<unknown> = Promise.resolve();

  const readNow = async (feed: Feed, { actor, whole, anyShare }: ReadOptions) => {
    const schema = await deps.liveSchema();
    const [state] = await store.db.select().from(states).where(eq(states.name, feed.name));
    const readBy = readByOf(feed, schema);
    const known: Validators =
      whole !== true && state?.readBy === readBy ? state : { etag: null, lastModified: null };
    const folder = await mkdtemp(join(tmpdir(), 'trimtab-feed-'));
    try {
      const download = await downloadFeed(deps.outbound, feed, folder, known, signal);
      if (download === undefined) {
        const found = { askedAt: nowMs(), takenAt: nowMs(), problem: null, refusedSince: null };
        await store.write([store.db.update(states).set(found).where(eq(states.name, feed.name))]);
        return NOTHING;
      }
      const { file, format, etag, lastModified } = download;
      const changes = await deps.compare(schema, {
        name: feed.name,
        file,
        read: { ...feed.read, format },
        otherFeeds: feeds.map(({ name }) => name).filter((name) => name !== feed.name),
        maxRefusedShare: feed.maxRefusedShare,
      });
      signal.throwIfAborted();
      if (anyShare !== true) refuseEmptied(feed, changes);
      const taken = takenOf(changes);
      const answer = { etag, lastModified, readBy };
      await writeFeed(store, deps.lease, feed.name, changes, taken, answer, {
        actor,
        nowMs: nowMs(),
      });
      return { ...taken, notModified: false, refusals: changes.refusals };
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  };

  const readInTurn = async (feed: Feed, options: ReadOptions): Promise<FeedRead> => {
    const stopped = () => new ApiError(503, 'stopping', 'this backend stops: ask again later');
    if (signal.aborted) throw stopped();
    try {
      return await inTurnWithOthers(
        deps.lease,
        async () => {
          try {
            const read = await readNow(feed, options);
            if (isChange(read)) {
              deps.changed();
              log(`feed ${feed.name}: ${takenText(read)}`);
            }
            return read;
          } catch (error) {
            if (signal.aborted) throw error;
            const refused = {
              name: feed.name,
              said: `feed ${feed.name} is refused`,
              code: 'feed_refused',
              action: 'refuse feed',
              actor: options.actor,
            };
            throw await recordRefusal(store, refused, error, { nowMs: nowMs(), log });
          } finally {
            if (!signal.aborted) await deps.onRead();
          }
        },
        signal,
      );
    } catch (error) {
      throw signal.aborted ? stopped() : error;
    }
  };

  return {
    configured: feeds,
    read(name, options) {
      const feed = feeds.find((one) => one.name === name);
      if (feed === undefined)
        return Promise.reject(
          new ApiError(
            404,
            'unknown_feed',
            `there is no feed "${name}": catalogue.feeds has ${feeds.map((one) => one.name).join(', ') || 'none'}`,
          ),
        );
      const read = last.then(() => readInTurn(feed, options));
      last = read.catch(() => undefined);
      return read;
    },
    stop: () => stopping.abort(),
  };
}

const isChange = ({ created, changed, withdrawn }: Taken) => created + changed + withdrawn > 0;

const takenOf = ({ created, different, unchanged, missing, refused }: FeedChanges): Taken => ({
  created,
  changed: different,
  unchanged,
  withdrawn: missing.length,
  refused,
});

export const takenText = ({ created, changed, unchanged, withdrawn, refused }: Taken): string =>
  `${count(created)} new, ${count(changed)} changed, ${count(unchanged)} unchanged, ${count(withdrawn)} withdrawn${refused > 0 ? `, ${counted(refused, 'row')} refused` : ''}`;

/** What a server's "nothing has changed" is about: under another address, other rules or another schema the same answer may mean more. */
const readByOf = ({ url, read }: Feed, schema: Schema): string =>
  createHash('sha256')
    .update(JSON.stringify([url, read, schema.hash]))
    .digest('hex');

/** @throws ApiError 400 where it takes out more than it may at once. */
function refuseEmptied({ name, maxWithdrawnShare }: Feed, { missing, owned }: FeedChanges): void {
  if (missing.length <= maxWithdrawnShare * owned) return;
  throw invalid(
    `it lacks ${count(missing.length)} of its ${counted(owned, 'item')}, and ${percent(maxWithdrawnShare)} may be taken out at once: if that is meant, run "trimtab feeds read ${name} --any-share" once, or set maxWithdrawnShare`,
  );
}
