import { DurableObject } from 'cloudflare:workers';
import type { SnapshotPointer } from '../../shared/domain/pointer.ts';
import { snapshotHash } from '../../shared/format/snapshot-bytes.ts';
import { sha256Stream } from '../../shared/hash/sha256.ts';
import { partsInKv, patchInKv, type PackedKind } from '../artifacts/packed.ts';
import type { SnapshotKeeperObject } from '../platform/durable-objects.ts';
import type { Env } from '../platform/env.ts';
import { settingsOf } from '../platform/settings.ts';

/** A row of a Durable Object's database holds at most 2 MB. */
const ROW_BYTES = 1024 * 1024;

/**
 * The last good snapshot of the catalogue in one cell, or its last good learned columns, for isolates that start while KV fails.
 * It reads the parts from KV
 * itself, one at a time, so that no snapshot is ever whole in its memory, and it takes the place of the one before only
 * once all of it is stored and has the hash that names it. Of one that few changes were made to only the new patches are read.
 */
export class SnapshotKeeper extends DurableObject<Env> implements SnapshotKeeperObject {
  #kept: SnapshotPointer | undefined;
  #last: Promise<void> = Promise.resolve();

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    ctx.storage.sql.exec(
      'CREATE TABLE IF NOT EXISTS rows (hash TEXT, part INTEGER, at INTEGER, bytes BLOB, PRIMARY KEY (hash, part, at))',
    );
    this.#kept = ctx.storage.kv.get<SnapshotPointer>('kept');
  }

  /** Snapshots are taken one after the other, in the order in which isolates report them. */
  keep(pointer: SnapshotPointer, kind: PackedKind = 'snapshot'): Promise<void> {
    const taken = this.#last.then(() => this.#take(pointer, kind));
    this.#last = taken.catch(() => undefined);
    return taken;
  }

  async kept(): Promise<SnapshotPointer | null> {
    return this.#kept ?? null;
  }

  async part(hash: string, part: number): Promise<Uint8Array<ArrayBuffer> | null> {
    const rows = [
      ...this.ctx.storage.sql.exec<{ bytes: ArrayBuffer }>(
        'SELECT bytes FROM rows WHERE hash = ? AND part = ? ORDER BY at',
        hash,
        part,
      ),
    ];
    if (rows.length === 0 || !hashesOf(this.#kept).includes(hash)) return null;
    const bytes = new Uint8Array(rows.reduce((sum, row) => sum + row.bytes.byteLength, 0));
    let at = 0;
    for (const row of rows) {
      bytes.set(new Uint8Array(row.bytes), at);
      at += row.bytes.byteLength;
    }
    return bytes;
  }

  async #take(pointer: SnapshotPointer, kind: PackedKind): Promise<void> {
    const before = this.#kept;
    // An object of a version that knew no patches has noted them with the pointer, and stored none.
    const had = hashesOf(before).filter((hash) => this.#has(hash));
    const wanted = hashesOf(pointer);
    // An isolate that KV's cache still shows an older pointer must not bring the older catalogue back.
    if (before !== undefined && (had.join() === wanted.join() || before.at > pointer.at)) return;
    this.#deleteAllBut(had);
    try {
      if (!had.includes(pointer.hash)) await this.#takeParts(pointer, kind);
      for (const { hash } of pointer.patches ?? [])
        if (!had.includes(hash)) await this.#takePatch(hash);
    } catch (error) {
      this.#deleteAllBut(had);
      throw error;
    }
    this.ctx.storage.transactionSync(() => {
      this.ctx.storage.kv.put('kept', pointer);
      this.#deleteAllBut(wanted);
    });
    this.#kept = pointer;
  }

  async #takeParts(pointer: SnapshotPointer, kind: PackedKind): Promise<void> {
    const { hash, parts } = pointer;
    const digest = sha256Stream();
    // Read once, so that a copy which KV cached before a repair need not be taken.
    const { kvCacheTtlS } = settingsOf(this.env);
    const readPart = partsInKv(this.env.CATALOGUE, kind, pointer, kvCacheTtlS);
    for (let part = 0; part < parts; part++) {
      const stored = await readPart(part);
      if (stored === null) throw new Error(`part ${part} of ${kind} ${hash} is absent`);
      const bytes = new Uint8Array(stored);
      digest.update(bytes);
      this.#store(hash, part, bytes);
    }
    const found = digest.finish().slice(0, hash.length);
    if (found !== hash) throw new Error(`${kind} ${hash} is damaged: its bytes hash to ${found}`);
  }

  async #takePatch(hash: string): Promise<void> {
    const stored = await patchInKv(this.env.CATALOGUE, settingsOf(this.env).kvCacheTtlS)({ hash });
    if (stored === null) throw new Error(`patch ${hash} is absent`);
    const bytes = new Uint8Array(stored);
    const found = snapshotHash(bytes);
    if (found !== hash) throw new Error(`patch ${hash} is damaged: its bytes hash to ${found}`);
    this.#store(hash, 0, bytes);
  }

  #has(hash: string): boolean {
    const { sql } = this.ctx.storage;
    return [...sql.exec('SELECT 1 FROM rows WHERE hash = ? LIMIT 1', hash)].length > 0;
  }

  #store(hash: string, part: number, bytes: Uint8Array): void {
    // A part without bytes has a row, too: else it would be taken for one that is absent.
    for (let at = 0; at === 0 || at < bytes.length; at += ROW_BYTES)
      this.ctx.storage.sql.exec(
        'INSERT INTO rows (hash, part, at, bytes) VALUES (?, ?, ?, ?)',
        hash,
        part,
        at,
        bytes.slice(at, at + ROW_BYTES),
      );
  }

  /** Deletes the rows of what was replaced, and of what could not be stored to its end. */
  #deleteAllBut(hashes: readonly string[]): void {
    this.ctx.storage.sql.exec(
      'DELETE FROM rows WHERE hash NOT IN (SELECT value FROM json_each(?))',
      JSON.stringify(hashes),
    );
  }
}

/** Of a snapshot and its patches. */
const hashesOf = (pointer: SnapshotPointer | undefined): string[] =>
  pointer === undefined ? [] : [pointer.hash, ...(pointer.patches ?? []).map(({ hash }) => hash)];
