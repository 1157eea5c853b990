import { reset } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { beforeEach, expect, it } from 'vitest';
import { coldIsolate, SECRET, type Isolate } from '../support/edge.ts';
import { eventually } from '../support/eventually.ts';
import { PatchedCatalogue, type Changes } from '../support/publish-patches.ts';
import { publishScorer } from '../support/publish.ts';
import { rank } from '../support/rank.ts';
import { makeTrips } from '../support/trips.ts';

beforeEach(async () => {
  await reset();
  await publishScorer('v000001');
});

// None departs while the tests run.
const trips = makeTrips(1500, 3, Date.now() + 40 * 86_400_000);
const preferences = { themes: ['food', 'ski'], budget: 1200, countries: ['JP'] };
const ASKED = [
  { limit: 30 },
  { preferences, limit: 50 },
  { preferences, filters: { column: 'status', in: ['open'] } },
];

/** Everything that may be seen of a ranking. */
const ranked = async (isolate: Isolate) => {
  const answers = [];
  for (const body of ASKED) answers.push(await rank(isolate, body));
  return answers.map(({ items, snapshot, degraded }) => ({ items, snapshot, degraded }));
};

/** What an isolate answers that reads the whole catalogue at once. */
async function rankedWhole(catalogue: PatchedCatalogue) {
  const { bytes, hash } = catalogue.whole();
  const values: Record<string, unknown> = {
    active: JSON.stringify({ hash, parts: 1, sizeBytes: bytes.length, at: 1 }),
    [`s/${hash}/0`]: bytes.buffer,
  };
  return ranked(coldIsolate({ CATALOGUE: { get: async (key: string) => values[key] ?? null } }));
}

/** KV that notes what was read of it, and fails for some keys. */
function kvThat(fails: (key: string) => boolean = () => false) {
  const read: string[] = [];
  return {
    read,
    async get(key: string, options: KVNamespaceGetOptions<'arrayBuffer'>) {
      read.push(key);
      return fails(key) ? null : env.CATALOGUE.get(key, options as never);
    },
  };
}

const priced = (catalogue: PatchedCatalogue, step: number): Changes =>
  new Map(
    Array.from({ length: 20 }, (_, i) => {
      const id = `trip-${(i * 53 + step * 7) % 1500}`;
      return [
        id,
        i % 5 === 4
          ? undefined
          : { ...catalogue.items.get(id), status: 'open', price: 300 + 10 * i + step },
      ];
    }),
  );

/** A first ranking may be answered before all is there: an isolate has a catalogue only once it ranks by it. */
const loaded = (isolate: Isolate, snapshot: string) =>
  eventually(async () => expect(await rank(isolate)).toMatchObject({ snapshot, degraded: false }));

it('an isolate follows patches by reading nothing but these, and ranks as one that reads the whole', async () => {
  const catalogue = new PatchedCatalogue(trips);
  const base = await catalogue.publishWhole();
  const kv = kvThat();
  const isolate = coldIsolate({ CATALOGUE: kv, REFRESH_MS: '10' });
  await loaded(isolate, base);
  kv.read.length = 0;
  for (let step = 0; step < 5; step++) {
    const hash = await catalogue.publishPatch(priced(catalogue, step));
    await eventually(async () => expect((await rank(isolate)).snapshot).toBe(hash));
    expect(await ranked(isolate)).toEqual(await rankedWhole(catalogue));
  }
  expect(kv.read.filter((key) => key !== 'active')).toEqual(
    catalogue.pointer.patches!.map(({ hash }) => `p/${hash}/0`),
  );
  // One that starts reads the base and all patches, and ranks the same; so does one for which KV fails then.
  expect(await ranked(coldIsolate({ CATALOGUE: kvThat() }))).toEqual(await rankedWhole(catalogue));
  const kept = await ranked(coldIsolate({ CATALOGUE: kvThat(() => true) }));
  const expected = await rankedWhole(catalogue);
  expect(kept).toEqual(expected.map((own) => ({ ...own, degraded: true })));
  const version = await (await isolate.fetch('/v1/version', { key: SECRET })).json();
  expect(version).toMatchObject({ snapshot: catalogue.whole().hash, items: catalogue.items.size });
  // The same catalogue as a new base is read by nobody that has it.
  kv.read.length = 0;
  await catalogue.publishWhole();
  for (let i = 0; i < 3; i++) await rank(isolate);
  const next = await catalogue.publishPatch(priced(catalogue, 9));
  await eventually(async () => expect((await rank(isolate)).snapshot).toBe(next));
  expect(await ranked(isolate)).toEqual(await rankedWhole(catalogue));
  expect(kv.read.filter((key) => key.startsWith('s/'))).toEqual([]);
});

it('a patch that stands for several leads on from each of them, and nowhere else', async () => {
  const catalogue = new PatchedCatalogue(trips);
  const base = await catalogue.publishWhole();
  const [atBase, atSecond, elsewhere] = [kvThat(), kvThat(), kvThat()];
  const isolates = [atBase, atSecond, elsewhere].map((CATALOGUE) =>
    coldIsolate({ CATALOGUE, REFRESH_MS: '10' }),
  );
  await loaded(isolates[0], base);
  const first = priced(catalogue, 0);
  await loaded(isolates[1], await catalogue.publishPatch(first));
  const second = priced(catalogue, 1);
  await catalogue.publishPatch(second);
  const before = catalogue.pointer;
  const other = new PatchedCatalogue(trips.slice(100));
  await loaded(isolates[2], await other.publishWhole());
  catalogue.pointer = { ...before, at: Date.now() };
  const hash = await catalogue.publishPatch(priced(catalogue, 2), {
    place: 0,
    changes: new Map([...first, ...second]),
  });
  for (const kv of [atBase, atSecond, elsewhere]) kv.read.length = 0;
  const expected = await rankedWhole(catalogue);
  for (const isolate of isolates) {
    await eventually(async () => expect((await rank(isolate)).snapshot).toBe(hash));
    expect(await ranked(isolate)).toEqual(expected);
  }
  const wholes = (kv: ReturnType<typeof kvThat>) => kv.read.filter((key) => key.startsWith('s/'));
  expect([wholes(atBase), wholes(atSecond)]).toEqual([[], []]);
  expect(wholes(elsewhere)).toHaveLength(1);
});

it.each(['absent', 'damaged'])(
  'goes on with the last good catalogue while a patch is %s',
  async (what) => {
    const catalogue = new PatchedCatalogue(trips);
    const whole = await catalogue.publishWhole();
    const kv = kvThat();
    const isolate = coldIsolate({ CATALOGUE: kv, REFRESH_MS: '10' });
    // On a busy machine the weights may come after the first answer, and what ranks until then explores.
    await eventually(async () => expect((await rank(isolate)).degraded).toBe(false));
    const good = await ranked(isolate);
    const hash = await catalogue.publishPatch(priced(catalogue, 0));
    const key = `p/${catalogue.pointer.patches![0].hash}/0`;
    const bytes = (await env.CATALOGUE.get(key, 'arrayBuffer'))!;
    await (what === 'absent' ? env.CATALOGUE.delete(key) : env.CATALOGUE.put(key, bytes.slice(1)));
    kv.read.length = 0;
    await eventually(async () => expect((await rank(isolate)).degraded).toBe(true));
    expect(await ranked(isolate)).toEqual(good.map((own) => ({ ...own, degraded: true })));
    expect(kv.read.filter((read) => read.startsWith('s/'))).toEqual([]);
    // One that starts takes what was last good in its cell.
    expect((await rank(coldIsolate())).snapshot).toBe(whole);
    await env.CATALOGUE.put(key, bytes);
    await eventually(async () =>
      expect(await rank(isolate)).toMatchObject({ snapshot: hash, degraded: false }),
    );
    // Gone back to by hand, as operators do.
    const { patches: _, ...base } = catalogue.pointer;
    await catalogue.point(base);
    await eventually(async () =>
      expect(await rank(isolate)).toMatchObject({ snapshot: whole, degraded: false }),
    );
  },
);
