import type { ShardWaiting } from '../../shared/domain/edge-check.ts';
import { sealIngestBatch } from '../../shared/format/ingest-bytes.ts';
import type { EventEntry, StoredEvents } from '../platform/durable-objects.ts';
import type { EventCaps } from '../platform/settings.ts';
import { withinCaps, type EventCount } from './within-caps.ts';
import { LONGEST_BACKOFF_MS } from './backoff.ts';

/** A batch whose content is fixed: the entries numbered `first` to `last`. */
export interface SealedBatch {
  readonly batchId: string;
  readonly first: number;
  readonly last: number;
  /** How many times it was sent without being committed. */
  readonly attempts: number;
}

const DECISIONS = 0;
const EVENTS = 1;
/** Its body says how many decisions could not be stored. */
const LOST = 2;
/** A row of the database holds at most 2 MB, and a character of a string takes up to 3 bytes in UTF-8. */
const MAX_ROW_CHARACTERS = 400_000;
/** A batch is sent in one request. */
const MAX_BATCH_BYTES = 1_500_000;
/** `notBefore` of a batch that the backend has committed. */
const COMMITTED = Number.MAX_SAFE_INTEGER;
/** Batches that may wait, overwritten, for the moment in which nothing is left to be sent. */
const MAX_COMMITTED = 16;
/** Of how many batches it is known where the store has them, for who asks where one went. */
const KEPT_RECEIPTS = 1000;
/** Entries that are looked at to tell how many bytes wait. */
const MOST_MEASURED = 64;
/** Of an entry that fills a whole page of 4096 bytes but for its header. */
const PAGE_FILLING_BODY_BYTES = 4055;

/** The database tables of one EventLog object. Entries stay until their batch is committed. */
export class LogStore {
  readonly #sql: SqlStorage;
  readonly #name: string;

  /** @param name identifies this object permanently; it becomes part of the batch ids. */
  constructor(sql: SqlStorage, name: string, nowMs: number) {
    this.#sql = sql;
    sql.exec(`
      CREATE TABLE IF NOT EXISTS entries (
        seq INTEGER PRIMARY KEY AUTOINCREMENT, kind INTEGER NOT NULL, body NOT NULL, sizeBytes INTEGER NOT NULL);
      -- eventId: the entry's key; the column is older than the key.
      CREATE TABLE IF NOT EXISTS seen (eventId TEXT PRIMARY KEY, at INTEGER NOT NULL) WITHOUT ROWID;
      CREATE INDEX IF NOT EXISTS seen_at ON seen (at);
      -- How many events of a ranking were stored: of each kind, and of all kinds ('').
      CREATE TABLE IF NOT EXISTS counts (
        rankingId TEXT NOT NULL, kind TEXT NOT NULL, events INTEGER NOT NULL, at INTEGER NOT NULL,
        PRIMARY KEY (rankingId, kind)) WITHOUT ROWID;
      CREATE INDEX IF NOT EXISTS counts_at ON counts (at);
      CREATE TABLE IF NOT EXISTS sealed (
        batchId TEXT PRIMARY KEY, first INTEGER NOT NULL, last INTEGER NOT NULL,
        attempts INTEGER NOT NULL DEFAULT 0, notBefore INTEGER NOT NULL DEFAULT 0, holdsOthers INTEGER NOT NULL DEFAULT 0);
      -- Of batches that go into a store: since when, which is a part of their key there, and once it has them the key.
      CREATE TABLE IF NOT EXISTS receipts (
        batchId TEXT PRIMARY KEY, sealedAt INTEGER NOT NULL, key TEXT, storedAt INTEGER);
      CREATE TABLE IF NOT EXISTS born (at INTEGER PRIMARY KEY);`);
    // After a wipe the entries are numbered from 1 again. The time
    // of creation keeps new batch ids distinct from old ones.
    sql.exec(`INSERT INTO born SELECT ? WHERE NOT EXISTS (SELECT 1 FROM born)`, nowMs);
    const born = sql.exec<{ at: number }>(`SELECT at FROM born`).one().at;
    this.#name = `${name}.${born.toString(36)}`;
  }

  addDecisions(bytes: Uint8Array): void {
    this.#add(DECISIONS, bytes);
  }

  addLost(decisions: number): void {
    this.#add(LOST, String(decisions));
  }

  /** Of the entry that was added last; 0 where there is none. */
  newestSeq(): number {
    return (
      this.#sql.exec<{ seq: number | null }>(`SELECT MAX(seq) AS seq FROM entries`).one().seq ?? 0
    );
  }

  /** Stores the events that are new, as many as the caps allow. What is too many leaves nothing behind. */
  addEvents(events: readonly EventEntry[], caps: EventCaps, nowMs: number): StoredEvents {
    const fresh = this.#markSeen(
      events.map(({ key }) => key),
      nowMs,
    );
    const duplicates: number[] = [];
    const arrived: number[] = [];
    for (const [i, { key }] of events.entries()) (fresh.delete(key) ? arrived : duplicates).push(i);
    const tooMany = new Set(this.#overCaps(events, arrived, caps, nowMs));
    let row = '';
    for (const i of arrived) {
      if (tooMany.has(i)) continue;
      const { json } = events[i];
      row = row === '' ? json : `${row},${json}`;
      if (row.length > MAX_ROW_CHARACTERS) row = this.#addEventRow(row);
    }
    if (row !== '') this.#addEventRow(row);
    return { duplicates, tooMany: [...tooMany] };
  }

  /**
   * The next batch to send: a sealed one that is due, or else a new one, unless a failure postpones all sending. One that
   * waits for longer than any failure makes it was postponed by a clock that was wrong, and is due.
   */
  next(nowMs: number): SealedBatch | undefined {
    const due = this.#sql
      .exec<Columns<SealedBatch>>(
        `SELECT batchId, first, last, attempts FROM sealed
         WHERE notBefore < ?3 AND (notBefore <= ?1 OR notBefore > ?1 + ?2) ORDER BY first LIMIT 1`,
        nowMs,
        LONGEST_BACKOFF_MS,
        COMMITTED,
      )
      .toArray()[0];
    return due ?? (this.#blockedUntilMs(nowMs) > nowMs ? undefined : this.#seal());
  }

  /** The bytes of a batch as they are sent, the same every time. */
  bytesOf({ batchId, first, last }: SealedBatch): Uint8Array<ArrayBuffer> {
    const bodies = <T extends SqlStorageValue>(kind: number) =>
      this.#sql
        .exec<{ body: T }>(
          `SELECT body FROM entries WHERE seq BETWEEN ? AND ? AND kind = ? ORDER BY seq`,
          first,
          last,
          kind,
        )
        .toArray()
        .map(({ body }) => body);
    const decisions = bodies<ArrayBuffer>(DECISIONS).map((body) => new Uint8Array(body));
    const lost = bodies<string>(LOST).reduce((sum, body) => sum + Number(body), 0);
    return sealIngestBatch(batchId, decisions, `[${bodies<string>(EVENTS).join(',')}]`, lost);
  }

  /** When a batch was first to go into the store, epoch ms: the same from then on. */
  sealedAt({ batchId }: SealedBatch, nowMs: number): number {
    this.#sql.exec(
      `INSERT OR IGNORE INTO receipts (batchId, sealedAt) VALUES (?, ?)`,
      batchId,
      nowMs,
    );
    return this.#sql
      .exec<{ sealedAt: number }>(`SELECT sealedAt FROM receipts WHERE batchId = ?`, batchId)
      .one().sealedAt;
  }

  /** Notes that the store has a batch, and forgets what it had long before. */
  keepReceipt({ batchId }: SealedBatch, key: string, nowMs: number): void {
    this.#sql.exec(
      `UPDATE receipts SET key = ?, storedAt = ? WHERE batchId = ?`,
      key,
      nowMs,
      batchId,
    );
    this.#sql.exec(
      `DELETE FROM receipts WHERE rowid <= (SELECT MAX(rowid) FROM receipts) - ? AND storedAt IS NOT NULL`,
      KEPT_RECEIPTS,
    );
  }

  /**
   * Overwrites a batch that the backend has committed, and deletes it once nothing else is left to be sent. SQLite only
   * marks what it deletes as free, and copies the neighbours of deleted rows to other pages, so that both would stay readable
   * in the file. Rows that are overwritten in place and then deleted all together leave nothing.
   */
  deleteCommitted({ batchId, first, last }: SealedBatch): void {
    this.#sql.exec(
      `UPDATE entries SET body = zeroblob(sizeBytes) WHERE seq BETWEEN ? AND ?`,
      first,
      last,
    );
    this.#sql.exec(
      `UPDATE sealed SET notBefore = ?, holdsOthers = 0 WHERE batchId = ?`,
      COMMITTED,
      batchId,
    );
    const { waiting, committed } = this.#sql
      .exec<{ waiting: number; committed: number }>(
        `SELECT EXISTS (SELECT 1 FROM sealed WHERE notBefore < ?1)
            OR EXISTS (SELECT 1 FROM entries WHERE seq > (SELECT MAX(last) FROM sealed)) AS waiting,
          (SELECT COUNT(*) FROM sealed WHERE notBefore = ?1) AS committed`,
        COMMITTED,
      )
      .one();
    if (waiting === 0) this.#deleteAll();
    else if (committed > MAX_COMMITTED) this.#deleteAllCommitted();
  }

  #deleteAll(): void {
    this.#sql.exec(`DELETE FROM entries`);
    this.#sql.exec(`DELETE FROM sealed`);
    // The table's first page still has what it held before it was split: one entry as large as the page overwrites it.
    this.#sql.exec(
      `INSERT INTO entries (seq, kind, body, sizeBytes) VALUES (0, 0, zeroblob(?), 0)`,
      PAGE_FILLING_BODY_BYTES,
    );
    this.#sql.exec(`DELETE FROM entries WHERE seq = 0`);
  }

  /** Where something always waits: what is copied here is overwritten by the entries that keep coming. */
  #deleteAllCommitted(): void {
    this.#sql.exec(
      `DELETE FROM entries WHERE EXISTS (
        SELECT 1 FROM sealed WHERE notBefore = ? AND entries.seq BETWEEN first AND last)`,
      COMMITTED,
    );
    this.#sql.exec(`DELETE FROM sealed WHERE notBefore = ?`, COMMITTED);
  }

  /** @param blocksOthers whether other batches would fail for the same reason and should wait as well. */
  postpone({ batchId }: SealedBatch, notBeforeMs: number, blocksOthers: boolean): void {
    this.#sql.exec(
      `UPDATE sealed SET attempts = attempts + 1, notBefore = ?, holdsOthers = ? WHERE batchId = ?`,
      notBeforeMs,
      blocksOthers ? 1 : 0,
      batchId,
    );
  }

  purgeSeen(beforeMs: number): void {
    this.#sql.exec(`DELETE FROM seen WHERE at < ?`, beforeMs);
    this.#sql.exec(`DELETE FROM counts WHERE at < ?`, beforeMs);
  }

  /** Epoch ms of when the next batch can be sent; undefined when everything is sent. */
  nextSendMs(nowMs: number): number | undefined {
    const { waiting, due } = this.#sql
      .exec<{ waiting: number | null; due: number | null }>(
        `SELECT (SELECT MAX(seq) FROM entries WHERE seq > (SELECT COALESCE(MAX(last), 0) FROM sealed)) AS waiting,
                (SELECT MIN(CASE WHEN notBefore > ?1 + ?2 THEN 0 ELSE notBefore END)
                 FROM sealed WHERE notBefore < ?3) AS due`,
        nowMs,
        LONGEST_BACKOFF_MS,
        COMMITTED,
      )
      .one();
    const times = [
      ...(due === null ? [] : [Math.max(due, nowMs)]),
      ...(waiting === null ? [] : [Math.max(nowMs, this.#blockedUntilMs(nowMs))]),
    ];
    return times.length === 0 ? undefined : Math.min(...times);
  }

  /**
   * Reads at most so many entries, however many wait: their size lies behind their body, so a sum over all would read all that waits.
   * Entries are numbered without gaps within a sealed batch and behind the last one, which counts them; above `MOST_MEASURED` the
   * bytes are those of entries that lie evenly among them, taken for the mean.
   */
  waiting(): ShardWaiting {
    const sealed = this.#sql
      .exec<Columns<{ first: number; last: number; attempts: number }>>(
        `SELECT first, last, attempts FROM sealed WHERE notBefore < ? ORDER BY first`,
        COMMITTED,
      )
      .toArray();
    // Each is a search in the key where they are asked for apart; together they are a scan.
    const { first, last } = this.#sql
      .exec<{ first: number | null; last: number | null }>(
        `SELECT (SELECT MIN(seq) FROM entries WHERE seq > (SELECT COALESCE(MAX(last), 0) FROM sealed)) AS first,
                (SELECT MAX(seq) FROM entries WHERE seq > (SELECT COALESCE(MAX(last), 0) FROM sealed)) AS last`,
      )
      .one();
    const ranges = [...sealed, ...(first === null || last === null ? [] : [{ first, last }])];
    const entries = ranges.reduce((sum, range) => sum + range.last - range.first + 1, 0);
    const measured = evenlyAmong(ranges, entries, MOST_MEASURED);
    const { sizeBytes } = this.#sql
      .exec<{ sizeBytes: number }>(
        `SELECT COALESCE(SUM(sizeBytes), 0) AS sizeBytes FROM entries WHERE seq IN (SELECT value FROM json_each(?))`,
        JSON.stringify(measured),
      )
      .one();
    return {
      entries,
      sizeBytes: Math.round((sizeBytes * entries) / Math.max(1, measured.length)),
      attempts: sealed.reduce((most, { attempts }) => Math.max(most, attempts), 0),
    };
  }

  oldestSeenMs(): number | undefined {
    return (
      this.#sql
        .exec<{ at: number | null }>(
          `SELECT MIN(at) AS at FROM (SELECT MIN(at) AS at FROM seen UNION ALL SELECT MIN(at) FROM counts)`,
        )
        .one().at ?? undefined
    );
  }

  /** @returns the keys that are seen for the first time. */
  #markSeen(keys: readonly string[], nowMs: number): Set<string> {
    const rows = this.#sql
      .exec<{ eventId: string }>(
        `INSERT OR IGNORE INTO seen SELECT value, ? FROM json_each(?) RETURNING eventId`,
        nowMs,
        JSON.stringify(keys),
      )
      .toArray();
    return new Set(rows.map(({ eventId }) => eventId));
  }

  /** Counts the events that arrived. @returns those that are too many; they are forgotten again. */
  #overCaps(
    events: readonly EventEntry[],
    arrived: readonly number[],
    caps: EventCaps,
    nowMs: number,
  ): number[] {
    if (arrived.length === 0) return [];
    const { tooMany, corrections } = withinCaps(events, arrived, caps, (counts) =>
      this.#count(counts, nowMs),
    );
    if (tooMany.length === 0) return [];
    this.#count(corrections, nowMs);
    this.#sql.exec(
      `DELETE FROM seen WHERE eventId IN (SELECT value FROM json_each(?))`,
      JSON.stringify(tooMany.map((i) => events[i].key)),
    );
    return tooMany;
  }

  /** Adds to counts. @returns what they come to. */
  #count(counts: readonly EventCount[], nowMs: number): EventCount[] {
    return this.#sql
      .exec<Columns<EventCount>>(
        `INSERT INTO counts (rankingId, kind, events, at)
         SELECT value ->> 'rankingId', value ->> 'kind', value ->> 'events', ? FROM json_each(?) WHERE true
         ON CONFLICT DO UPDATE SET events = events + excluded.events RETURNING rankingId, kind, events`,
        nowMs,
        JSON.stringify(counts),
      )
      .toArray();
  }

  #seal(): SealedBatch | undefined {
    const waiting = this.#sql.exec<{ seq: number; sizeBytes: number }>(
      `SELECT seq, sizeBytes FROM entries WHERE seq > (SELECT COALESCE(MAX(last), 0) FROM sealed) ORDER BY seq`,
    );
    let [first, last, total] = [0, 0, 0];
    for (const { seq, sizeBytes } of waiting) {
      if (first !== 0 && total + sizeBytes > MAX_BATCH_BYTES) break;
      first ||= seq;
      last = seq;
      total += sizeBytes;
    }
    if (first === 0) return undefined;
    const batchId = `${this.#name}-${first}-${last}`;
    this.#sql.exec(
      `INSERT INTO sealed (batchId, first, last) VALUES (?, ?, ?)`,
      batchId,
      first,
      last,
    );
    return { batchId, first, last, attempts: 0 };
  }

  #blockedUntilMs(nowMs: number): number {
    return this.#sql
      .exec<{ until: number }>(
        `SELECT COALESCE(MAX(notBefore), 0) AS until FROM sealed
         WHERE holdsOthers = 1 AND notBefore <= ?1 + ?2`,
        nowMs,
        LONGEST_BACKOFF_MS,
      )
      .one().until;
  }

  #addEventRow(row: string): '' {
    this.#add(EVENTS, row);
    return '';
  }

  #add(kind: number, body: Uint8Array | string): void {
    // The length is taken here, because SQLite copies what it casts, and a batch of decisions is large.
    const sizeBytes = typeof body === 'string' ? null : body.length;
    this.#sql.exec(
      `INSERT INTO entries (kind, body, sizeBytes) VALUES (?1, ?2, COALESCE(?3, length(CAST(?2 AS BLOB))))`,
      kind,
      body,
      sizeBytes,
    );
  }
}

/** @returns the numbers of at most `most` of the entries in some ranges, at even distances; all where they are no more. */
function evenlyAmong(
  ranges: readonly { readonly first: number; readonly last: number }[],
  entries: number,
  most: number,
): number[] {
  const step = Math.max(1, entries / most);
  const numbers: number[] = [];
  let [before, wanted] = [0, 0];
  for (const { first, last } of ranges) {
    const within = last - first + 1;
    for (; Math.floor(wanted) < before + within && numbers.length < most; wanted += step)
      numbers.push(first + Math.floor(wanted) - before);
    before += within;
  }
  return numbers;
}

type Columns<T> = { [K in keyof T]: T[K] & SqlStorageValue };
