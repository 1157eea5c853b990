import {
  evictDurableObject,
  reset,
  runDurableObjectAlarm,
  runInDurableObject,
} from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { beforeEach, describe, expect, it } from 'vitest';
import { CHAMPION_ARM } from '../../../shared/domain/weight-delta.ts';
import { parseVersion } from '../../../shared/domain/ids.ts';
import { scorerFromBytes, scorerToBytes } from '../../../shared/format/scorer-bytes.ts';
import { pointsOf } from '../../../shared/score/scorer.ts';
import { eventually } from '../support/eventually.ts';
import { hotels } from '../../support/other-schemas.ts';
import { pointAt, publishScorer, storeScorer } from '../support/publish.ts';

const live = (arm = CHAMPION_ARM) =>
  env.LIVE_WEIGHTS.get(env.LIVE_WEIGHTS.idFromName(`test:${arm}`));
const adopt = (known?: string, arm = CHAMPION_ARM) => live(arm).adopt(arm, known);
const learn = (baseVersion: string, points: number, feature = 'base', bucket = 1) =>
  live().applyDelta(CHAMPION_ARM, parseVersion(baseVersion), [{ feature, bucket, points }]);

/** Points of the base feature, and the version, as served now. */
async function served(arm = CHAMPION_ARM) {
  const { bytes, delta } = await adopt(undefined, arm);
  if (bytes === undefined) return undefined;
  const scorer = scorerFromBytes(bytes);
  return { version: String(scorer.version), base: pointsOf(scorer).base[1], delta };
}

beforeEach(() => reset());

describe('LiveWeights', () => {
  it('adopts the published version, byte for byte', async () => {
    const scorer = await publishScorer('v000004');
    const { bytes, delta, pointer, problem } = await adopt();
    expect(bytes).toEqual(scorerToBytes(scorer));
    expect({ delta, pointer, problem }).toEqual({
      delta: 0,
      pointer: { champion: 'v000004' },
      problem: undefined,
    });
  });

  it('sends the bytes only to who has not got them', async () => {
    await publishScorer('v000004');
    const { tag } = await adopt();
    expect(await adopt(tag)).not.toHaveProperty('bytes');
    expect(await adopt('another tag')).toHaveProperty('bytes');
  });

  it('follows the pointer forward and back', async () => {
    await publishScorer('v000004');
    await eventually(async () =>
      expect(await served()).toEqual({ version: 'v000004', base: 30, delta: 0 }),
    );
    await publishScorer('v000005', { points: { base: [0, 9] } });
    await eventually(async () =>
      expect(await served()).toEqual({ version: 'v000005', base: 9, delta: 0 }),
    );
    await pointAt('v000004');
    await eventually(async () =>
      expect(await served()).toEqual({ version: 'v000004', base: 30, delta: 0 }),
    );
  });

  it('serves the version of its arm where the pointer has one', async () => {
    await storeScorer('v000005', { points: { base: [0, 9] } });
    await storeScorer('v000004');
    const arms = { bold: 'v000005' };
    await env.WEIGHTS.put('active', JSON.stringify({ champion: 'v000004', arms }));
    expect(await served('bold')).toMatchObject({ version: 'v000005' });
    expect(await served('other')).toMatchObject({ version: 'v000004' });
  });

  it('says what is wrong when it has nothing', async () => {
    expect(await adopt()).toEqual({
      delta: 0,
      problem: 'nothing is published: the WEIGHTS key "active" is absent',
    });
  });

  it.each([
    { what: 'a version that does not exist', pointer: 'v000404', problem: /no weights v000404/ },
    { what: 'a damaged version', pointer: 'v000666', problem: /TTSC: checksum is/ },
    { what: 'no version', pointer: '{"champion":7}', problem: /is not a pointer: "{\\"champion/ },
  ])('keeps the last good weights when the pointer names $what', async ({ pointer, problem }) => {
    await publishScorer('v000004');
    await adopt();
    await env.WEIGHTS.put('w/v000666', damaged(await storeScorer('v000666')));
    await pointAt(pointer);
    await eventually(async () =>
      expect((await adopt()).problem).toEqual(expect.stringMatching(problem)),
    );
    expect(await served()).toEqual({ version: 'v000004', base: 30, delta: 0 });
  });

  it('has all that its pointer says, also where a Worker from before stored it without the revision', async () => {
    await publishScorer('v000004');
    const pointer = { champion: 'v000004', revision: 258 };
    await pointAt(pointer);
    await eventually(async () => expect((await adopt()).pointer).toEqual(pointer));
    await runInDurableObject(live(), (_, { storage }) => {
      const adopted = storage.kv.get<object>('adopted');
      storage.kv.put('adopted', { ...adopted, pointer: { champion: 'v000004' } });
    });
    await evictDurableObject(live());
    expect((await adopt()).pointer).toEqual(pointer);
  });

  it('still has the last good weights after an eviction, even if KV lost everything', async () => {
    await publishScorer('v000004');
    await learn('v000004', 1.5);
    await env.WEIGHTS.delete('active');
    await env.WEIGHTS.delete('w/v000004');
    await evictDurableObject(live());
    expect(await served()).toEqual({ version: 'v000004', base: 31.5, delta: 1 });
  });
});

describe('online deltas', () => {
  beforeEach(async () => {
    await publishScorer('v000004');
    await storeScorer('v000005', { points: { base: [0, 9] } });
  });

  it('add up, exactly', async () => {
    expect(await learn('v000004', 0.25)).toEqual({ version: 'v000004', delta: 1 });
    expect(await learn('v000004', -1)).toEqual({ version: 'v000004', delta: 2 });
    expect(await served()).toEqual({ version: 'v000004', base: 29.25, delta: 2 });
  });

  it('are refused when learned from another version than the live one', async () => {
    expect(await learn('v000005', 1)).toMatchObject({
      refused: { status: 409, code: 'stale_base', message: /v000005, but v000004 is live/ },
    });
    expect(await served()).toEqual({ version: 'v000004', base: 30, delta: 0 });
  });

  it.each([
    ['feature', () => learn('v000004', 1, 'charm'), /no feature "charm"/],
    ['bucket', () => learn('v000004', 1, 'base', 2), /buckets 0 to 1, but not 2/],
    ['range', () => learn('v000004', 2040), /scale the weights down/],
  ])('are refused whole when their %s does not fit the schema', async (_, attempt, message) => {
    expect(await attempt()).toMatchObject({
      refused: { status: 400, message: expect.stringMatching(message) },
    });
    expect(await served()).toMatchObject({ base: 30, delta: 0 });
  });

  it('are dropped when another version goes live, and do not come back with the old one', async () => {
    await learn('v000004', 5);
    await pointAt({ champion: 'v000005' });
    await eventually(async () =>
      expect(await served()).toEqual({ version: 'v000005', base: 9, delta: 0 }),
    );
    await pointAt({ champion: 'v000004' });
    await eventually(async () =>
      expect(await served()).toEqual({ version: 'v000004', base: 30, delta: 0 }),
    );
  });

  it('survive a pointer that only says more about the same version', async () => {
    await learn('v000004', 5);
    await env.WEIGHTS.put('active', JSON.stringify({ champion: 'v000004', by: 'somebody' }));
    await eventually(async () => expect((await adopt()).pointer?.by).toBe('somebody'));
    expect(await served()).toMatchObject({ base: 35, delta: 1 });
  });

  it.each([
    ['ops write the bare id of the very version', 'v000004'],
    ['a pointer as JSON holds the very version', { champion: 'v000004', hold: true }],
  ])('are dropped, and paused, when %s', async (_, held) => {
    await learn('v000004', 5);
    const { tag } = await adopt();
    await pointAt(held);
    await eventually(async () =>
      expect(await served()).toEqual({ version: 'v000004', base: 30, delta: 0 }),
    );
    expect(await adopt(tag)).toHaveProperty('bytes');
    expect(await learn('v000004', 5)).toMatchObject({ refused: { status: 409, code: 'held' } });
    await pointAt({ champion: 'v000004' });
    await eventually(async () => expect(await learn('v000004', 5)).toMatchObject({ delta: 1 }));
  });

  describe('with sessions that are held out', () => {
    const holdout = { id: 'learning-champion-v000004', share: 0.02, salt: 'grain' };
    const learnApart = (points: number) =>
      live().applyDelta(
        CHAMPION_ARM,
        parseVersion('v000004'),
        [{ feature: 'base', bucket: 1, points }],
        true,
        holdout,
      );

    it('leave the published weights beside the changed ones, each sent to who has not got it', async () => {
      const published = await adopt();
      expect(published).not.toHaveProperty('base');
      await learnApart(2);
      const both = await adopt();
      expect(both.base).toEqual({ tag: published.tag, bytes: published.bytes, holdout });
      expect(pointsOf(scorerFromBytes(both.bytes!)).base[1]).toBe(32);
      expect(await adopt(published.tag)).toMatchObject({ base: { tag: published.tag } });
      expect((await adopt(published.tag)).base).not.toHaveProperty('bytes');
      await learnApart(3);
      const later = await live().adopt(CHAMPION_ARM, both.tag, published.tag);
      expect(later.base).not.toHaveProperty('bytes');
      expect(pointsOf(scorerFromBytes(later.bytes!)).base[1]).toBe(33);
    });

    it('are all served alike again when what was learned is dropped, by no deltas or by a hold', async () => {
      const { tag } = await adopt();
      await learnApart(2);
      const changed = (await adopt()).tag;
      const none = await live().applyDelta(CHAMPION_ARM, parseVersion('v000004'), [], true);
      expect(none).toEqual({ version: 'v000004', delta: 0 });
      const dropped = await live().adopt(CHAMPION_ARM, changed, tag);
      expect(dropped).toMatchObject({ tag, delta: 0 });
      // Who was served both has the published ones already.
      expect(dropped).not.toHaveProperty('bytes');
      expect(dropped).not.toHaveProperty('base');
      await learnApart(2);
      await pointAt('v000004');
      await eventually(async () => expect((await adopt()).delta).toBe(0));
      expect(await adopt()).not.toHaveProperty('base');
    });

    it('stay so through an eviction', async () => {
      await learnApart(2);
      await evictDurableObject(live());
      expect((await adopt()).base).toMatchObject({ holdout });
    });
  });

  it('change nothing of another cell', async () => {
    await learn('v000004', 5);
    const other = env.LIVE_WEIGHTS.get(env.LIVE_WEIGHTS.idFromName(`elsewhere:${CHAMPION_ARM}`));
    expect(await other.adopt(CHAMPION_ARM)).toMatchObject({ delta: 0 });
  });

  it('work for any schema', async () => {
    await publishScorer('v000006', { schema: hotels });
    await eventually(async () =>
      expect(await learn('v000006', 2, 'stars', 3)).toEqual({ version: 'v000006', delta: 1 }),
    );
  });
});

describe('an arm that is over', () => {
  const arm = 'exp_1:bold';
  const named = { champion: 'v000004', arms: { [arm]: 'v000005' } };
  const stored = (name = arm) =>
    runInDurableObject(live(name), async (_, { storage }) => ({
      keys: [...storage.kv.list()].map(([key]) => key),
      alarm: (await storage.getAlarm()) !== null,
    }));
  const kept = { keys: ['adopted', 'arm'], alarm: true };

  beforeEach(async () => {
    await storeScorer('v000004');
    await storeScorer('v000005', { points: { base: [0, 9] } });
    await pointAt(named);
    await adopt(undefined, arm);
    await live(arm).applyDelta(arm, parseVersion('v000005'), [
      { feature: 'base', bucket: 1, points: 2 },
    ]);
  });

  it('keeps what it learned for as long as the pointer names it', async () => {
    for (let day = 0; day < 3; day++) {
      expect(await runDurableObjectAlarm(live(arm))).toBe(true);
      expect(await stored()).toEqual(kept);
    }
    expect(await served(arm)).toEqual({ version: 'v000005', base: 11, delta: 1 });
  });

  it.each([
    { how: 'in memory', evict: () => undefined },
    { how: 'asleep', evict: () => evictDurableObject(live(arm)) },
  ])('is forgotten once the pointer does not, $how', async ({ evict }) => {
    await pointAt({ champion: 'v000004' });
    await evict();
    expect(await runDurableObjectAlarm(live(arm))).toBe(true);
    expect(await stored()).toEqual({ keys: [], alarm: false });
    // Asked again all the same, it serves what everybody gets, and will be forgotten again.
    expect(await served(arm)).toEqual({ version: 'v000004', base: 30, delta: 0 });
    expect(await stored()).toEqual(kept);
  });

  it('is not taken for over where the pointer cannot be read', async () => {
    for (const pointer of ['no pointer', '{}']) {
      await pointAt(pointer);
      await runDurableObjectAlarm(live(arm));
      expect(await stored()).toEqual(kept);
    }
    await env.WEIGHTS.delete('active');
    await runDurableObjectAlarm(live(arm));
    expect(await stored()).toEqual(kept);
  });

  it('is never the champion', async () => {
    await adopt();
    expect(await stored(CHAMPION_ARM)).toEqual({ keys: ['adopted'], alarm: false });
  });
});

function damaged(scorer: Parameters<typeof scorerToBytes>[0]): Uint8Array {
  const bytes = scorerToBytes(scorer);
  bytes[40] ^= 1;
  return bytes;
}
