import { afterAll, beforeAll, expect, test } from 'vitest';
import { readLive, recordLive, type Live } from '../../../backend/models/live-pointer.ts';
import { comparePointer } from '../../../backend/models/compare-pointer.ts';
import type { Publisher } from '../../../backend/models/publisher.ts';
import type { Store } from '../../../backend/store/open.ts';
import { audit } from '../../../backend/store/tables.ts';
import { versionOf } from '../../../shared/domain/ids.ts';
import { borrowStore } from '../../support/borrow-store.ts';

let store: Store;
beforeAll(async () => {
  store = await borrowStore();
});
afterAll(() => store.close());

const AT = 1_790_000_000_000;
const SETTLE_MS = 60_000;
const [old, newer] = [versionOf(1), versionOf(2)];
const text = (champion: string, at = AT) => JSON.stringify({ champion, by: 'ana', at });
/** `newer` was promoted over `old` at AT. */
const promoted: Live = {
  pointer: { champion: newer, by: 'ana', at: AT },
  text: text(newer),
  before: text(old, AT - 1000),
  since: AT,
};
const cutShort: Live = {
  pointer: { champion: old, at: AT - 1000 },
  text: text(old),
  since: AT - 1000,
  intended: text(newer),
};

test.each<
  [
    string,
    {
      live: Live;
      seen: string | undefined;
      afterMs: number;
      look: string;
      now?: object;
      did?: string;
    },
  ]
>([
  [
    'what was recorded is as recorded',
    { live: promoted, seen: promoted.text, afterMs: 1, look: 'as recorded' },
  ],
  [
    'what was there before the move is KV still showing it',
    { live: promoted, seen: promoted.before, afterMs: SETTLE_MS - 1, look: 'as recorded' },
  ],
  [
    'what was there before, seen long after the move, was put back by hand',
    {
      live: promoted,
      seen: promoted.before,
      afterMs: SETTLE_MS,
      look: 'moved',
      now: { champion: old, hold: true },
      did: 'pointer moved by hand',
    },
  ],
  [
    'a bare id is a hand, however soon it comes',
    {
      live: promoted,
      seen: 'v000001',
      afterMs: 1,
      look: 'moved',
      now: { champion: old, hold: true },
      did: 'pointer moved by hand',
    },
  ],
  [
    'what no reader understands leaves the champion and holds',
    {
      live: promoted,
      seen: '???',
      afterMs: 1,
      look: 'moved',
      now: { champion: newer, hold: true },
      did: 'pointer damaged',
    },
  ],
  [
    'a miss just after a move is KV remembering it',
    { live: promoted, seen: undefined, afterMs: 1, look: 'as recorded' },
  ],
  [
    'a miss long after a move is a loss',
    { live: promoted, seen: undefined, afterMs: SETTLE_MS, look: 'absent' },
  ],
  [
    'a move that was cut short after its write is completed, and is no hold',
    {
      live: cutShort,
      seen: text(newer),
      afterMs: 1,
      look: 'moved',
      now: { champion: newer, by: 'ana' },
      did: 'move completed',
    },
  ],
])('%s', async (_, { live, seen, afterMs, look, now, did }) => {
  await store.write([store.db.delete(audit), recordLive(store, live)]);
  const publisher = { readPointer: async () => seen } as Publisher;
  expect(await comparePointer(publisher, store, SETTLE_MS, AT + afterMs)).toBe(look);
  const { pointer } = (await readLive(store))!;
  expect(pointer).toMatchObject(now ?? live.pointer);
  expect(pointer.hold).toBe((now as Live['pointer'] | undefined)?.hold);
  expect((await store.db.select().from(audit)).map(({ action }) => action)).toEqual(
    did === undefined ? [] : [did],
  );
});
