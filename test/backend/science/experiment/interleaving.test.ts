import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  addInterleaving,
  interleaving,
  interleavingStatistic,
  type InterleavingStatistic,
} from '../../../../backend/science/experiment/interleaving.ts';
import { interleave, type Team } from '../../../../shared/explore/interleave.ts';
import { seededRandom } from '../../../../shared/explore/random.ts';
import { answered, meanOf, times, zOf } from './draws.ts';

/** Sessions click up to four times, and some like one team's items: their clicks go together. */
const sessionsOf = (random: () => number, n: number, bias = 0) =>
  times(n, () => {
    const taste = 0.5 + bias + 0.6 * (random() - 0.5);
    const clicks = Math.floor(5 * random());
    let treatment = 0;
    for (let i = 0; i < clicks; i++) treatment += Number(random() < taste);
    return { control: clicks - treatment, treatment };
  });

describe('team-draft interleaving', () => {
  test("is scipy's t test of half the sign per session", () => {
    const statistic: InterleavingStatistic = {
      sessions: 1500,
      wins: { control: 400, treatment: 470 },
      clicks: { control: 900, treatment: 1000 },
    };
    const { preference, fixed } = answered(interleaving(statistic));
    expect(preference).toBeCloseTo((470 + 630 / 2) / 1500 - 0.5, 12);
    expect(fixed.pValue).toBeCloseTo(0.017583844039361828, 9);
    expect(fixed.low).toBeCloseTo(0.004077371961537193, 9);
    expect(fixed.high).toBeCloseTo(0.042589294705129475, 9);
  });

  test('finds an arm that wins every session, which leaves no variance', () => {
    const won = { control: 0, treatment: 1500 };
    const statistic = { sessions: 1500, wins: won, clicks: won };
    const { preference, sequential, fixed } = answered(interleaving(statistic));
    expect(preference).toBe(0.5);
    for (const { low, high } of [sequential, fixed]) {
      expect(low).toBeGreaterThan(0.4);
      expect(high).toBeGreaterThan(low);
    }
  });

  test('parts add up to the whole, and are frozen', () => {
    const session = fc.record({ control: fc.nat(5), treatment: fc.nat(5) });
    fc.assert(
      fc.property(fc.array(session), fc.array(session), (one, other) => {
        const sum = addInterleaving(interleavingStatistic(one), interleavingStatistic(other));
        expect(sum).toEqual(interleavingStatistic([...one, ...other]));
        expect(Object.isFrozen(sum.wins)).toBe(true);
      }),
    );
  });

  test.each([
    ['one list', false, 0],
    ['two lists, each as good', true, 0],
    ['two lists, each as good, from which each draws', true, 2],
  ])(
    'of %s prefers neither arm, though the first slots get most of the clicks',
    (_, isShuffled, temperature) => {
      const random = seededRandom(64);
      const items = times(8, (i) => i);
      const listOf = () =>
        isShuffled
          ? items
              .map((item) => ({ item, at: random() }))
              .toSorted((a, b) => a.at - b.at)
              .map(({ item }) => item)
          : items;
      const teamOf = (): Team<number> => ({
        items: listOf(),
        points: items.map((place) => -place),
        exploration: { temperature, epsilon: temperature / 20 },
      });
      // An odd slate: who gets the last slot is a coin of its own.
      const preferences = times(200, () => {
        const sessions = times(1000, () => {
          const clicks = { control: 0, treatment: 0 };
          const seed = Math.floor(random() * 2 ** 32);
          const slate = interleave([teamOf(), teamOf()], 5, seededRandom(seed));
          slate.forEach(({ team }, slot) => {
            if (random() < 0.5 / (1 + slot)) clicks[team === 0 ? 'control' : 'treatment']++;
          });
          return clicks;
        });
        return answered(interleaving(interleavingStatistic(sessions))).preference;
      });
      expect(Math.abs(zOf(preferences))).toBeLessThan(3);
      expect(Math.abs(meanOf(preferences))).toBeLessThan(0.003);
    },
  );

  test('says what is missing', () => {
    const random = seededRandom(61);
    expect(interleaving(interleavingStatistic(sessionsOf(random, 212)))).toMatchObject({
      message: 'not enough data: 212 of 1,000 sessions',
    });
    const silent = times(2000, () => ({ control: 0, treatment: 0 }));
    expect(interleaving(interleavingStatistic(silent))).toMatchObject({ reason: 'no-spread' });
  });

  test('read daily between equals, cries wolf in at most 5 %; by the t test in far more', () => {
    const random = seededRandom(62);
    const RUNS = 1000;
    const alarms = { fixed: 0, sequential: 0 };
    for (let run = 0; run < RUNS; run++) {
      let statistic = interleavingStatistic(sessionsOf(random, 1000));
      const seen = { fixed: false, sequential: false };
      for (let day = 0; day < 20; day++) {
        const found = answered(interleaving(statistic));
        seen.fixed ||= found.fixed.pValue < 0.05;
        seen.sequential ||= found.sequential.low > 0 || found.sequential.high < 0;
        statistic = addInterleaving(statistic, interleavingStatistic(sessionsOf(random, 150)));
      }
      alarms.fixed += Number(seen.fixed);
      alarms.sequential += Number(seen.sequential);
    }
    expect(alarms.sequential / RUNS).toBeLessThanOrEqual(0.05);
    expect(alarms.fixed / RUNS).toBeGreaterThan(0.1);
  });

  test('covers a known preference at the stated rate', () => {
    const random = seededRandom(63);
    const truth = interleaving(interleavingStatistic(sessionsOf(random, 1_000_000, 0.05)));
    const { preference } = answered(truth);
    expect(preference).toBeGreaterThan(0.02);
    const RUNS = 800;
    let covered = 0;
    for (let run = 0; run < RUNS; run++) {
      const { fixed } = answered(
        interleaving(interleavingStatistic(sessionsOf(random, 1000, 0.05))),
      );
      covered += Number(fixed.low <= preference && preference <= fixed.high);
    }
    expect(covered / RUNS).toBeGreaterThan(0.93);
    expect(covered / RUNS).toBeLessThan(0.97);
  });
});
