import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Decision } from '../../../shared/domain/decision.ts';
import { parseItemId, parseSessionId, RULES_VERSION } from '../../../shared/domain/ids.ts';
import { seededRandom } from '../../../shared/explore/random.ts';
import { smarttrip } from '../../../shared/features/smarttrip.ts';
import { runCli } from '../cli/support/cli.ts';
import { happened, rankingOf } from '../log/support/log.ts';
import { eventually, SECRET_KEY, startTestBackend, type TestBackend } from '../support/backend.ts';
import { send } from '../support/batches.ts';
import { timeGoesOn } from '../support/time-goes-on.ts';

let backend: TestBackend;
beforeAll(async () => {
  backend = await startTestBackend();
});
afterAll(() => backend.close());

const set = (body: object) =>
  backend.call('POST', '/v1/apprentice', body, { 'x-trimtab-actor': 'ana' });
const status = async (query = '') => (await backend.call('GET', `/v1/apprentice${query}`)).body;
const text = () => backend.kv.text('WEIGHTS/active')!;
const pointer = () => JSON.parse(text());
const audit = async () => (await backend.call('GET', '/v1/audit?limit=10')).body.entries;
const move = (path: string) => backend.call('POST', `/v1/weights/${path}`);
const cli = (...args: string[]) =>
  runCli(['apprentice', ...args, '--backend', backend.url], { TRIMTAB_KEY: SECRET_KEY });

describe('the setting', () => {
  test('is in the pointer at once and in the audit log, and off it is in neither', async () => {
    expect(pointer().apprentice).toBeUndefined();
    const on = await set({ share: 0 });
    expect(on).toMatchObject({
      status: 200,
      body: { settings: [{ placement: '*', share: 0, change: 1, by: 'ana' }] },
    });
    expect(pointer().apprentice).toEqual({ '*': { share: 0, change: 1 } });
    expect(await audit()).toContainEqual(
      expect.objectContaining({
        actor: 'ana',
        action: 'set apprentice',
        subject: '*',
        details: { share: 0 },
      }),
    );
    await set({ placement: 'home', share: 0.25 });
    expect(pointer().apprentice).toEqual({
      '*': { share: 0, change: 1 },
      home: { share: 0.25, change: 2 },
    });
    await set({ share: 1 });
    await set({ placement: 'home', share: 1 });
    expect(pointer().apprentice).toBeUndefined();
  });

  test.each([
    { share: 2 },
    { share: -0.1 },
    {},
    { share: 0, placement: 'No Place' },
    { share: 0, since: 1 },
  ])('refuses %j', async (body) => {
    const before = text();
    expect((await set(body)).status).toBe(400);
    expect(text()).toBe(before);
  });

  test('survives a restart, a promotion, a rollback, a release, and a pointer that was written by hand or lost', async () => {
    await set({ share: 0 });
    const { apprentice } = pointer();
    await backend.restart();
    expect(pointer().apprentice).toEqual(apprentice);
    const { body } = await backend.call('POST', '/v1/weights', {
      name: 'learned',
      points: { base: [0, 31] },
    });
    await move(`${body.version}/promote`);
    expect(pointer()).toMatchObject({ champion: body.version, apprentice });

    await move('v000000/rollback');
    expect(pointer()).toMatchObject({ champion: 'v000000', hold: true, apprentice });
    expect((await move(`${body.version}/promote`)).body.code).toBe('on_hold');
    await move('release');
    expect(pointer()).toMatchObject({ champion: 'v000000', apprentice });
    expect(pointer().hold).toBeUndefined();

    backend.kv.values.set('WEIGHTS/active', Buffer.from(body.version));
    await eventually(async () => text() !== body.version);
    expect(pointer()).toMatchObject({ champion: body.version, hold: true, apprentice });
    backend.kv.values.delete('WEIGHTS/active');
    await eventually(async () => backend.kv.text('WEIGHTS/active') !== undefined);
    expect(pointer()).toMatchObject({ champion: body.version, hold: true, apprentice });
  });

  test('can be switched off and on while a version is held, which stays held', async () => {
    expect(pointer().hold).toBe(true);
    await set({ share: 1 });
    expect(pointer()).toMatchObject({ hold: true });
    expect(pointer().apprentice).toBeUndefined();
    await set({ share: 0 });
    expect(pointer()).toMatchObject({ hold: true, apprentice: { '*': { share: 0 } } });
    await move('release');
    await set({ share: 1 });
    await move('v000000/rollback');
    // Without the mode the bare id is written, which older edges and backends read too.
    expect(text()).toBe('v000000');
    await move('release');
  });

  test('of a placement can be removed, which then goes by what is set for all, and is audited', async () => {
    await set({ share: 0 });
    await set({ placement: 'home', share: 0.25 });
    const everywhere = pointer().apprentice['*'];
    const removed = await set({ placement: 'home', share: null });
    expect(removed).toMatchObject({ status: 200, body: { settings: [{ placement: '*' }] } });
    expect(removed.body.settings).not.toContainEqual(
      expect.objectContaining({ placement: 'home' }),
    );
    expect(pointer().apprentice.home).toBeUndefined();
    expect(pointer().apprentice['*']).toEqual(everywhere);
    expect(await audit()).toContainEqual(
      expect.objectContaining({
        actor: 'ana',
        action: 'remove apprentice',
        subject: 'home',
        details: { before: 0.25, now: 0 },
      }),
    );
    // What is then set for all holds there, too, over a restart as well.
    await backend.restart();
    expect(pointer().apprentice.home).toBeUndefined();
    await set({ share: 0.5 });
    expect(pointer().apprentice['*']).toMatchObject({ share: 0.5 });
    expect(pointer().apprentice.home).toBeUndefined();
    // The visitors who were split by it are compared as before.
    const { comparisons } = await status('?placement=home');
    expect(comparisons.map(({ share }: { share: number }) => share)).toContain(0.25);
  });

  test('of all placements can be removed, those that have their own keep it', async () => {
    await set({ placement: 'home', share: 0 });
    await set({ share: null });
    expect(Object.keys(pointer().apprentice)).not.toContain('*');
    expect(pointer().apprentice.home).toMatchObject({ share: 0 });
    for (const { placement } of (await status()).settings) await set({ placement, share: null });
    expect((await status()).settings).toEqual([]);
    expect(pointer().apprentice).toBeUndefined();
  });

  test('that is not there cannot be removed', async () => {
    const before = text();
    expect(await set({ placement: 'nowhere', share: null })).toMatchObject({
      status: 404,
      body: { code: 'not_set', message: expect.stringContaining('nowhere has no setting') },
    });
    expect(await set({ share: null })).toMatchObject({ status: 404, body: { code: 'not_set' } });
    expect(text()).toBe(before);
  });

  test('is removed by the command line', async () => {
    await cli('on', '--placement', 'search');
    expect((await cli('unset', '--placement', 'search')).stdout).toContain(
      'Trimtab ranks everywhere: it is no apprentice',
    );
    expect(await cli('unset', '--placement', 'search')).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('search has no setting of its own'),
    });
  });

  test('is said and changed by the command line', async () => {
    expect((await cli('on', '--placement', 'search')).stdout).toContain(
      'at search the site keeps its own order: Trimtab is an apprentice.',
    );
    expect((await cli('off', '--placement', 'search', '--share', '0.1')).stdout).toContain(
      "at search Trimtab ranks for 10 % of the sessions, the others see the site's own order.",
    );
    expect(await cli('off', '--share', '0')).toMatchObject({ exitCode: 2 });
    expect(await cli('on', '--placement', 'a:b')).toMatchObject({ exitCode: 2 });
    const told = await runCli(['status', '--backend', backend.url], { TRIMTAB_KEY: SECRET_KEY });
    expect(told.stdout).toContain('apprentice: at search Trimtab ranks for 10 %');
    expect((await cli('off', '--placement', 'search')).stdout).toContain(
      'at search Trimtab ranks.',
    );
  });
});

describe('a store that is new', () => {
  test('goes on to keep the order that KV says is kept', async () => {
    await set({ share: 0 });
    const { apprentice } = pointer();
    const folder = mkdtempSync(join(tmpdir(), 'trimtab-'));
    const url = pathToFileURL(join(folder, 'new.db')).href;
    const other = await backend.beside({ database: { url } });
    try {
      await eventually(async () => (await other.call('GET', '/health/ready')).status === 200);
      const { settings } = (await other.call('GET', '/v1/apprentice')).body;
      expect(settings).toContainEqual(
        expect.objectContaining({ placement: '*', share: 0, change: apprentice['*'].change }),
      );
      expect(pointer().apprentice).toEqual(apprentice);
    } finally {
      await other.close();
      rmSync(folder, { recursive: true });
      await set({ share: 1 });
    }
  });
});

const HOUR_AGO = Date.now() - 3_600_000;
const ITEMS = ['a', 'b', 'c', 'd'].map(parseItemId);
const F = smarttrip.features.length;

/** A ranking of four items, in an order of the site's own; the scores like `d` best. */
function keptRanking(i: number, random: () => number, changes: Partial<Decision> = {}): Decision {
  const order = ITEMS.map((id) => [random(), id] as const)
    .toSorted(([a], [b]) => a - b)
    .map(([, id]) => id);
  const worth = (id: string) => ITEMS.findIndex((one) => one === id);
  return rankingOf(`kept-${i}`, HOUR_AGO + i, {
    sessionId: parseSessionId(`s-${i >> 1}`),
    siteOrder: true,
    snapshot: '',
    itemIds: order,
    limit: 4,
    exploration: { temperature: 0, epsilon: 0, poolSize: 1 },
    units: order.map((id) => worth(id) * 65_536),
    propensities: [1, 1, 1, 1],
    codes: Uint8Array.from({ length: 4 * F }, (_, at) => worth(order[Math.floor(at / F)])),
    shadow: { version: RULES_VERSION, itemIds: ITEMS.toReversed() },
    ...changes,
  });
}

describe('the report', () => {
  const RANKINGS = 1200;
  beforeAll(async () => {
    const random = seededRandom(5);
    const decisions = Array.from({ length: RANKINGS }, (_, i) => keptRanking(i, random));
    const own = Array.from({ length: 40 }, (_, i) =>
      rankingOf(`own-${i}`, HOUR_AGO + i, { sessionId: parseSessionId(`own-${i}`) }),
    );
    const clicks = decisions.flatMap((decision) =>
      decision.itemIds.flatMap((itemId, slot) => {
        const worth = [0.05, 0.1, 0.2, 0.4][ITEMS.indexOf(itemId)];
        const isClicked = random() < worth / (1 + slot / 2);
        return isClicked ? [happened(decision, 'click', { slot })] : [];
      }),
    );
    await send(backend, {
      batchId: 'kept',
      decisions: [...decisions, ...own, ...timeGoesOn(HOUR_AGO)],
      events: [...clicks, ...own.map((ranking) => happened(ranking, 'click'))],
    });
  });

  test('says how often both agree, and what the other order would have earned', async () => {
    const { now, all, days, rankings, champion, readiness } = await status();
    expect(champion).toBe(RULES_VERSION);
    expect(rankings).toEqual({ all: RANKINGS + 40, kept: RANKINGS });
    expect(all).toEqual(now);
    const { first, top, correlation } = now.agreement;
    expect(now.agreement.rankings).toBe(RANKINGS);
    // One order of chance agrees in a quarter of the first items, and of the first three.
    expect(first.low).toBeLessThan(0.25);
    expect(first.high).toBeGreaterThan(0.25);
    expect(top.rankings).toBe(RANKINGS);
    expect(Math.abs(top.rate - 0.25)).toBeLessThan(0.06);
    expect(Math.abs(correlation.mean)).toBeLessThan(0.08);
    expect(now.quality.mrr.trimtab).toBeGreaterThan(now.quality.mrr.site);
    // In a chance order each item is looked at alike: 0.1875 · Σ 1 / (1 + k / 2); ordered by worth it is 0.4 + 0.2 / 1.5 + …
    const site = 0.1875 * (1 + 1 / 1.5 + 1 / 2 + 1 / 2.5);
    const best = 0.4 + 0.2 / 1.5 + 0.1 / 2 + 0.05 / 2.5;
    const { kind, lift } = now.gain;
    expect(kind).toBe('estimated');
    expect(lift.low).toBeLessThan(best / site - 1);
    expect(lift.high).toBeGreaterThan(best / site - 1);
    expect(lift.low).toBeGreaterThan(0);
    expect(days.map(({ versions }: { versions: string[] }) => versions)).toContainEqual([
      RULES_VERSION,
    ]);
    // The rules are nothing that was learned.
    expect(readiness).toBe('nothing learned');
  });

  test('is told in sentences that say what it is', async () => {
    const { stdout } = await cli('status', '--days', '2');
    expect(stdout).toContain('This favours the order that was shown.');
    expect(stdout).toContain('It is an estimate');
    expect(stdout).toContain('not ready: nothing is learned yet');
  });

  test('has what is asked for alone', async () => {
    expect((await status('?placement=elsewhere')).rankings).toEqual({ all: 0, kept: 0 });
    expect((await backend.call('GET', '/v1/apprentice?days=0')).status).toBe(400);
  });

  test('leaves rankings that no version chose out of what versions earned', async () => {
    const { versions } = (await backend.call('GET', '/v1/clicks')).body;
    expect(versions).toMatchObject([{ version: RULES_VERSION, rankings: 40, clicked: 40 }]);
  });

  test('compares both where sessions were split, and finds sizes that do not fit', async () => {
    const { settings } = (await set({ placement: 'split', share: 0.5 })).body;
    const { change } = settings.find(
      ({ placement }: { placement: string }) => placement === 'split',
    );
    const random = seededRandom(9);
    const split = (['site', 'trimtab'] as const).flatMap((arm) =>
      Array.from({ length: arm === 'site' ? 300 : 310 }, (_, i) =>
        keptRanking(i, random, {
          rankingId: `${arm}-${i}` as Decision['rankingId'],
          sessionId: parseSessionId(`${arm}-${i}`),
          arm: `apprentice-${change}:${arm}`,
          ...(arm === 'trimtab' && { siteOrder: undefined }),
        }),
      ),
    );
    const clicks = split.filter(({ arm }, i) => arm!.endsWith('trimtab') || i % 2 === 0);
    await send(backend, {
      batchId: 'split',
      decisions: split,
      events: clicks.map((ranking) => happened(ranking, 'click')),
    });
    const [comparison] = (await status()).comparisons;
    expect(comparison).toMatchObject({
      change,
      share: 0.5,
      site: { sessions: 300, rankings: 300, clicks: 150 },
      trimtab: { sessions: 310, rankings: 310, clicks: 310 },
      mismatch: false,
    });
    expect(comparison.lift.mean).toBeCloseTo(1, 6);
    expect(comparison.lift.low).toBeGreaterThan(0.5);
    await set({ placement: 'split', share: 0.02 });
    expect((await status()).comparisons[0]).toMatchObject({
      lift: { missing: expect.any(String) },
    });
  });
});
