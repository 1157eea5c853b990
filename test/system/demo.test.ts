import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { demoCatalogue } from '../../backend/catalogue/demo.ts';
import { STEPS } from '../../backend/rollouts/steps.ts';
import { RULES_VERSION } from '../../shared/domain/ids.ts';
import { packItems } from '../../shared/features/columns/item-table.ts';
import { smarttrip } from '../../shared/features/smarttrip.ts';
import { rankable } from '../../shared/score/rankable.ts';
import { binomialBounds } from '../support/binomial-bounds.ts';
import { call, putItems } from '../support/client.ts';
import { asItem } from '../support/stored-decisions.ts';
import { hoursSize } from '../support/size.ts';
import { startSystem, type System } from '../support/system.ts';
import { crowd, type Crowd } from '../world/demo/crowd.ts';
import { sumOf } from '../world/demo/seen.ts';
import { EDGE, SETTINGS, WINDOW_MS } from '../world/demo/shortened.ts';
import { tellStory, type Told } from '../world/demo/story.ts';
import { ADVENTURERS, PLANNERS, taste } from '../world/demo/taste.ts';
import { freshVisits } from '../world/demo/true-value.ts';
import { truthOf } from '../world/demo/truth.ts';
import { wishesOf } from '../world/demo/wishes.ts';

const SEED = 20_261_129;
const NOW_MS = Date.now();
/** Different ones; visitors take them in turn. */
const WISHES = 5000;
/** Ends what hangs: each step of the story has a limit of its own. */
const PATIENCE_MS = 1_200_000;
/** Of what visitors see, before a challenger is known to do no harm. */
const MOST_SHOWN = 0.05;

const trips = demoCatalogue(1000, SEED, NOW_MS);
const table = rankable(packItems(smarttrip.columns, trips.map(asItem)));
const tastes = {
  before: taste('before', PLANNERS, SEED),
  after: taste('after', ADVENTURERS, SEED + 1),
};
const said: string[] = [];
let system: System;
let visitors: Crowd;
let told: Told;

beforeAll(async () => {
  system = await startSystem({ config: SETTINGS, edgeEnv: EDGE });
  await putItems(system, trips);
  visitors = crowd(system, {
    table,
    taste: tastes.before,
    wishes: wishesOf(WISHES, SEED),
    seed: SEED,
    perSecond: 250,
    atOnce: 8,
  });
  const stop = new AbortController();
  visitors.ended.catch((error: unknown) => stop.abort(error));
  const say = (text: string) => void said.push(text);
  told = await tellStory(
    {
      system,
      crowd: visitors,
      tastes,
      truth: truthOf(system, freshVisits(table, 400, SEED + 2, NOW_MS)),
      narrator: { step: say, line: say, lines: say, block: say },
      signal: stop.signal,
    },
    { toLearn: 2000, toTell: 300, windowMs: WINDOW_MS, limitMs: 240_000 },
  );
}, PATIENCE_MS);
afterAll(async () => {
  await visitors?.stop().catch(() => undefined);
  await system?.stop();
});

const trueClicks = (of: 'before' | 'after', name: string) =>
  told.results.find((row) => row.taste === tastes[of] && row.name === name)!.truth.clickThrough;

describe.skipIf(hoursSize.absent)(
  `the story of the demo, with visitors of seed ${SEED}${hoursSize.why}`,
  () => {
    it('learns what visitors like better than the rules say it, by their tastes themselves', () => {
      expect(trueClicks('before', 'learned')).toBeGreaterThan(1.5 * trueClicks('before', 'rules'));
      expect(trueClicks('before', 'learned')).toBeLessThan(trueClicks('before', 'oracle'));
    });

    it('loses most of that when tastes turn, and learns them again', () => {
      expect(trueClicks('after', 'learned before')).toBeLessThan(trueClicks('after', 'rules'));
      expect(trueClicks('after', 'learned again')).toBeGreaterThan(trueClicks('after', 'rules'));
      expect(trueClicks('after', 'learned again')).toBeGreaterThan(
        1.5 * trueClicks('after', 'learned before'),
      );
    });

    it.each(['first', 'second'] as const)(
      'takes the %s rollout through its steps in order',
      (which) => {
        const { decisions } = told.rollouts[which];
        const steps = decisions.map(({ next }) =>
          STEPS.indexOf(next.stage as (typeof STEPS)[number]),
        );
        expect(steps).toEqual(steps.toSorted((a, b) => a - b));
        expect(new Set(steps).size).toBe(steps.length);
        expect(decisions[0].next.stage).toBe('shadow');
        expect(decisions.map(({ next }) => next.stage).slice(-5)).toEqual([
          'canary 5',
          'canary 25',
          'canary 50',
          'canary 100',
          'champion',
        ]);
      },
    );

    it('withdraws the bad version before more than 5 % are shown it, by what visitors do', () => {
      const { id, decisions } = told.rollouts.bad;
      expect(decisions.at(-1)!.next.stage).toBe('withdrawn');
      for (const { action } of decisions)
        expect(
          action.do === 'interleave' ? action.share / 2 : 'share' in action ? action.share : 0,
        ).toBeLessThanOrEqual(MOST_SHOWN);
      const all = sumOf(told.duringBad).rankings;
      const isIts = ({ experiment }: { experiment?: string }) => experiment === id;
      const shown = sumOf(told.duringBad, (one) => isIts(one) && one.arm === 'challenger').rankings;
      expect(shown).toBeGreaterThan(0);
      expect(shown).toBeLessThanOrEqual(binomialBounds(all, MOST_SHOWN).most);
      const alone = sumOf(told.duringBad, ({ version }) => version === told.bad).rankings;
      expect(alone).toBeLessThanOrEqual(shown);
    });

    it('serves the rules and nothing else after the operator’s rollback', () => {
      const all = sumOf(told.rolledBack).rankings;
      expect(all).toBeGreaterThan(250);
      expect(sumOf(told.rolledBack, ({ version }) => version === RULES_VERSION).rankings).toBe(all);
    });

    it('counts for every version exactly what its visitors did', async () => {
      expect(told.agreement.length).toBeGreaterThanOrEqual(3);
      for (const { visitors: own, system: reported } of told.agreement)
        expect(reported).toEqual(own);
      const sent = visitors.sent();
      const { counts } = await call<{ counts: object }>(system, 'GET', '/v1/status');
      expect(counts).toMatchObject({ decisions: sent.rankings, events: sent.events });
      expect(told.agreement.reduce((sum, { system: [rankings] }) => sum + rankings, 0)).toBe(
        sent.rankings,
      );
    });

    it('has visitors who on average do what is said of them', () => {
      const { rankings, happened, expected } = sumOf(visitors.seen());
      // Clicks are independent: the variance of their number is at most that of so many of the mean rate.
      const error = Math.sqrt(expected.clicked * (1 - expected.clicked / rankings));
      expect(Math.abs(happened.clicked - expected.clicked)).toBeLessThan(5 * error);
    });

    it('can decide every rollout again from its log', async () => {
      for (const { id } of Object.values(told.rollouts)) {
        const { problem } = await call<{ problem: unknown }>(
          system,
          'GET',
          `/v1/rollouts/${id}/replay`,
        );
        expect(problem).toBeNull();
      }
    });

    it('tells each step', () => {
      expect(said.filter((line) => /the gate/i.test(line)).length).toBeGreaterThanOrEqual(2);
      expect(said.filter((line) => line.startsWith('→ champion'))).toHaveLength(2);
      expect(said.filter((line) => line.startsWith('→ withdrawn'))).toHaveLength(1);
    });
  },
);
