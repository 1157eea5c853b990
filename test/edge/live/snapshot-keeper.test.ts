import { evictDurableObject, reset, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { beforeEach, describe, expect, it } from 'vitest';
import type { SnapshotPointer } from '../../../shared/domain/pointer.ts';
import { snapshotHash } from '../../../shared/format/snapshot-bytes.ts';
import { seededRandom } from '../../../shared/explore/random.ts';

/** Three parts, the last of which is cut short; bytes that no compression or default could stand for, four from each number. */
function snapshotOf(seed: number, sizeBytes = 9_000_000): Uint8Array<ArrayBuffer> {
  const random = seededRandom(seed);
  const words = new Uint32Array(sizeBytes / 4);
  for (let i = 0; i < words.length; i++) words[i] = random() * 2 ** 32;
  return new Uint8Array(words.buffer);
}
const PART_BYTES = 4 * 1024 * 1024;

async function store(bytes: Uint8Array, at: number): Promise<SnapshotPointer> {
  const hash = snapshotHash(bytes);
  const parts = Math.max(1, Math.ceil(bytes.length / PART_BYTES));
  for (let part = 0; part < parts; part++)
    await env.CATALOGUE.put(
      `s/${hash}/${part}`,
      bytes.slice(part * PART_BYTES, (part + 1) * PART_BYTES),
    );
  return { hash, parts, sizeBytes: bytes.length, at };
}

const keeper = () => env.SNAPSHOT_KEEPER.get(env.SNAPSHOT_KEEPER.idFromName('EU'));
const hashesIn = () =>
  runInDurableObject(keeper(), (_, { storage }) =>
    storage.sql
      .exec<{ hash: string; most: number }>(
        'SELECT hash, max(length(bytes)) AS most FROM rows GROUP BY hash',
      )
      .toArray(),
  );

beforeEach(() => reset());

describe('a SnapshotKeeper', () => {
  it('gives back every byte, part by part, also after it was evicted; its rows fit', async () => {
    const bytes = snapshotOf(1);
    const pointer = await store(bytes, 5);
    await keeper().keep(pointer);
    await evictDurableObject(keeper());
    expect(await keeper().kept()).toEqual(pointer);
    const parts = await Promise.all([0, 1, 2].map((part) => keeper().part(pointer.hash, part)));
    expect(parts.map((part) => part?.byteLength)).toEqual([PART_BYTES, PART_BYTES, 611_392]);
    const whole = new Uint8Array(bytes.length);
    parts.forEach((part, i) => whole.set(part!, i * PART_BYTES));
    expect(snapshotHash(whole)).toBe(pointer.hash);
    expect(await keeper().part(pointer.hash, 3)).toBeNull();
    const [{ most }] = await hashesIn();
    expect(most).toBeLessThanOrEqual(2_000_000);
  });

  it('keeps one snapshot, the newest, whatever the order in which isolates report them', async () => {
    const [older, newer] = [
      await store(snapshotOf(2, 100), 10),
      await store(snapshotOf(3, 100), 20),
    ];
    await Promise.all([keeper().keep(newer), keeper().keep(older), keeper().keep(newer)]);
    expect(await keeper().kept()).toEqual(newer);
    expect(await keeper().part(older.hash, 0)).toBeNull();
    expect((await hashesIn()).map(({ hash }) => hash)).toEqual([newer.hash]);
  });

  it('stores the patches that an object of a version before noted with the pointer alone', async () => {
    const pointer = await store(snapshotOf(6, 100), 5);
    const bytes = snapshotOf(7, 40);
    const patch = { hash: snapshotHash(bytes), sizeBytes: bytes.length, to: 'a'.repeat(32) };
    await env.CATALOGUE.put(`p/${patch.hash}/0`, bytes);
    await keeper().keep(pointer);
    const patched = { ...pointer, patches: [patch] };
    await runInDurableObject(keeper(), (_, { storage }) => storage.kv.put('kept', patched));
    await evictDurableObject(keeper());
    expect(await keeper().part(patch.hash, 0)).toBeNull();
    await keeper().keep(patched);
    expect(await keeper().part(patch.hash, 0)).toEqual(bytes);
    expect(await keeper().part(pointer.hash, 0)).toEqual(snapshotOf(6, 100));
  });

  it.each([
    ['damaged', (key: string) => env.CATALOGUE.put(key, 'x'), /damaged/],
    ['absent', (key: string) => env.CATALOGUE.delete(key), /absent/],
  ])('keeps what it has when a part of the new one is %s', async (_, spoil, problem) => {
    const good = await store(snapshotOf(4, 100), 1);
    const bad = await store(snapshotOf(5), 2);
    await keeper().keep(good);
    await spoil(`s/${bad.hash}/2`);
    await runInDurableObject(keeper(), (object) =>
      expect(object.keep(bad)).rejects.toThrow(problem),
    );
    expect(await keeper().kept()).toEqual(good);
    expect(await keeper().part(bad.hash, 0)).toBeNull();
    expect(new Uint8Array((await keeper().part(good.hash, 0))!)).toEqual(snapshotOf(4, 100));
    await keeper().keep(await store(snapshotOf(6, 100), 3));
    expect(await hashesIn()).toHaveLength(1);
  });

  it('has nothing before anything was published', async () => {
    expect(await keeper().kept()).toBeNull();
    expect(await keeper().part('ab'.repeat(16), 0)).toBeNull();
  });
});
