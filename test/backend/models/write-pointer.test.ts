import { expect, test } from 'vitest';
import type { Publisher } from '../../../backend/models/publisher.ts';
import { pointerWriter } from '../../../backend/models/write-pointer.ts';
import { RULES_VERSION } from '../../../shared/domain/ids.ts';
import type { Pointer } from '../../../shared/domain/pointer.ts';
import { openTestStore } from '../reward/support/open-test-store.ts';

test('a pointer that no edge could read is never written, whoever asks for it', async () => {
  const store = await openTestStore();
  const written: string[] = [];
  const publisher = {
    ensurePublished: async () => {},
    writePointer: async (text: string) => void written.push(text),
  } as unknown as Publisher;
  const { writeNumbered } = pointerWriter({
    store,
    publisher,
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
