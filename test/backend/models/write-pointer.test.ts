import { describe, expect, test } from 'vitest';
import type { Publisher } from '../../../backend/models/publisher.ts';
import { leaseOf } from '../../../backend/scheduler/lease.ts';
import { readLive } from '../../../backend/models/live-pointer.ts';
import { MOVE_MS, pointerWriter } from '../../../backend/models/write-pointer.ts';
import { parseVersion, RULES_VERSION } from '../../../shared/domain/ids.ts';
import type { Pointer } from '../../../shared/domain/pointer.ts';
import { openTestStore } from '../reward/support/open-test-store.ts';

test('a pointer that no edge could read is never written, whoever asks for it', async () => {
  const store = await openTestStore();
  const written: string[] = [];
  const publisher = {
    ensurePublished: async () => {},
    writePointer: async (text: string) => void written.push(text),
  } as unknown as Publisher;
  const moving = leaseOf(store, {
    name: 'pointer',
    holder: 'test',
    ttlMs: MOVE_MS,
    nowMs: () => 1,
  });
  await moving.renew();
  const { writeNumbered } = pointerWriter({
    store,
    publisher,
    moving,
    settleMs: 0,
    nowMs: () => 1,
    onMoved: () => undefined,
  });
  const arms = ['a', 'b'].map((name) => ({ name, weight: 1e308 }));
  const experiment = {
    id: 'exp_1',
    salt: 'exp_1',
    status: 'running',
    range: [0, 1],
    traffic: 1,
    arms,
    design: 'split',
    trigger: 'ranked',
  } as const;
  const layers = [
    { name: 'weights', salt: 'l', unit: 'session', experiments: [experiment] },
  ] as const;
  const pointer: Pointer = { champion: RULES_VERSION, layers };
  await expect(writeNumbered(pointer, 'promote')).rejects.toThrow(
    /no edge could read this pointer/,
  );
  expect(written).toEqual([]);
  await writeNumbered({ champion: RULES_VERSION }, 'promote');
  expect(written).toHaveLength(1);
  await store.close();
});

describe('of two backends', () => {
  const WITHIN_MS = 8000;
  const open = async () => {
    const store = await openTestStore();
    const written: string[] = [];
    const clock = { nowMs: 1_000_000 };
    const writerOf = (
      holder: string,
      beforeWrite = async () => {},
      whileWriting = async () => {},
      records = store,
    ) => {
      const nowMs = () => clock.nowMs;
      const moving = leaseOf(store, { name: 'pointer', holder, ttlMs: MOVE_MS, nowMs });
      const publisher = {
        ensurePublished: beforeWrite,
        writePointer: async (text: string, withinMs: number) => {
          expect(withinMs).toBe(WITHIN_MS);
          written.push(text);
          await whileWriting();
        },
      } as unknown as Publisher;
      const deps = {
        store: records,
        publisher,
        moving,
        settleMs: 0,
        nowMs,
        onMoved: () => undefined,
      };
      return { moving, ...pointerWriter(deps) };
    };
    return { store, written, clock, writerOf };
  };
  const version = (n: number) => parseVersion(`v00000${n}`);

  test.each([
    ['has it still', false],
    ['is done with it', true],
  ])(
    'one that was stopped while another took its turn and %s writes nothing',
    async (_, isDone) => {
      const { store, written, clock, writerOf } = await open();
      const other = writerOf('other');
      const stopped = writerOf('stopped', async () => {
        clock.nowMs += 60_000;
        await other.moving.renew();
        await other.writeNumbered({ champion: version(2) }, 'promote');
        if (isDone) await other.moving.release();
      });
      await stopped.moving.renew();
      await expect(stopped.writeNumbered({ champion: version(1) }, 'promote')).rejects.toThrow(
        /another backend is moving the pointer/,
      );
      expect(written.map((text) => JSON.parse(text).champion)).toEqual([version(2)]);
      expect((await readLive(store))?.pointer.champion).toBe(version(2));
      await store.close();
    },
  );

  test.each([
    ['has it still', false],
    ['is done with it', true],
  ])(
    'one that lost its turn to another that %s while it wrote records nothing',
    async (_, isDone) => {
      const { store, written, clock, writerOf } = await open();
      const other = writerOf('other');
      const slow = writerOf('slow', undefined, async () => {
        clock.nowMs += 60_000;
        await other.moving.renew();
        await other.writeNumbered({ champion: version(2) }, 'promote');
        if (isDone) await other.moving.release();
      });
      await slow.moving.renew();
      await expect(slow.writeNumbered({ champion: version(1) }, 'promote')).rejects.toThrow(
        /another backend is moving the pointer/,
      );
      expect(written).toHaveLength(2);
      expect((await readLive(store))?.pointer.champion).toBe(version(2));
      await store.close();
    },
  );

  test('one that was stopped between its record and its write does not take its turn again', async () => {
    const { store, written, clock, writerOf } = await open();
    const other = writerOf('other');
    await other.moving.renew();
    await other.writeNumbered({ champion: version(3) }, 'promote');
    await other.moving.release();
    let isStopped = false;
    const stopping: typeof store = {
      ...store,
      async write(statements) {
        const counts = await store.write(statements);
        if (isStopped) return counts;
        isStopped = true;
        clock.nowMs += 60_000;
        await other.moving.renew();
        await other.writeNumbered({ champion: version(2), hold: true }, 'rollback');
        await other.moving.release();
        return counts;
      },
    };
    const stopped = writerOf('stopped', undefined, undefined, stopping);
    await stopped.moving.renew();
    const pointer = { champion: version(1), at: clock.nowMs };
    await expect(stopped.write(pointer, JSON.stringify(pointer), 'promote')).rejects.toThrow(
      /another backend is moving the pointer/,
    );
    expect(written.map((text) => JSON.parse(text).champion)).toEqual([version(3), version(2)]);
    expect((await readLive(store))?.pointer).toMatchObject({ champion: version(2), hold: true });
    await store.close();
  });
});
