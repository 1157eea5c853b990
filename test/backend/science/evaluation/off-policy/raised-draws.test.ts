import { describe, expect, it } from 'vitest';
import { offPolicyGain } from '../../../../../backend/science/evaluation/off-policy-gain.ts';
import { knownPool } from '../../../../../backend/science/evaluation/off-policy/known-pool.ts';
import {
  loggedDraw,
  reorderProbabilities,
} from '../../../../../backend/science/evaluation/off-policy/policy-probabilities.ts';
import type { LoggedSlate } from '../../../../../backend/science/learn/logged-slate.ts';
import { RULES_VERSION } from '../../../../../shared/domain/ids.ts';
import { parseRankRequest } from '../../../../../shared/domain/rank-request.ts';
import { packItems } from '../../../../../shared/features/columns/item-table.ts';
import { smarttrip } from '../../../../../shared/features/smarttrip.ts';
import { unlearned } from '../../../../../shared/score/posterior.ts';
import { drawnBy } from '../../../../../shared/score/rank.ts';
import { poolOf } from '../../../../../shared/score/pool.ts';
import { rankable } from '../../../../../shared/score/rankable.ts';
import { additiveFromPoints, type AdditiveScorer } from '../../../../../shared/score/scorer.ts';
import { makeTrips, makeVisits, NOW_MS } from '../../../../bench/support/trips.ts';
import { slotProbability } from '../../../../oracle/plackett-luce.ts';
import { served } from '../../../../world/strata/pool.ts';
import { loggedSlate } from '../../../../world/strata/champion-log.ts';

const exploration = { temperature: 6, epsilon: 0.05, poolSize: 12, optimism: 0.5 };
const table = rankable(packItems(smarttrip.columns, makeTrips(400, 5)));
const visits = makeVisits(80, 6);

describe.each([
  { raises: 'all features', more: {} },
  { raises: 'one feature', more: { raisedFeatures: 1 } },
])('where a version raises $raises', ({ more }) => {
  const rules = additiveFromPoints(smarttrip, smarttrip.rules, {
    version: RULES_VERSION,
    name: 'rules',
    exploration: { ...exploration, ...more },
  });
  const champion: AdditiveScorer = { ...rules, posterior: unlearned(smarttrip, exploration) };

  const log = visits.map((visit, i) =>
    loggedSlate(champion, served(champion, table, visit, i), String(i), i, [1]),
  );
  const raised = log.flatMap((slate, i) => (slate.raises === undefined ? [] : [{ slate, i }]));

  describe('a slate that was drawn by raised scores', () => {
    it('gives the probabilities of both policies for another order, given the raises', () => {
      const depth = 3;
      expect(raised.length).toBeGreaterThan(8);
      for (const { slate, i } of raised) {
        const draw = loggedDraw(
          {
            units: [...slate.units],
            raises: [...slate.raises!],
            propensities: [...slate.propensities],
            exploration,
            limit: slate.itemIds.length,
          },
          table.table.ids.length,
        );
        const order = reorderProbabilities(draw, depth, [1, 2, 3], exploration);
        if (order.kind === 'refused') throw new Error(order.reason);
        // By enumeration of all orders of the same three items, drawn from the pool of the logged seed.
        const options = { limit: 10, seed: i, nowMs: NOW_MS, exploration };
        const pool = poolOf(champion, table, visits[i], options);
        const points = drawnBy(pool);
        const shown = slate.itemIds
          .slice(0, depth)
          .map((id) => pool.best.findIndex(({ row }) => table.table.ids.at(row) === id));
        const chance = (slots: readonly number[]) =>
          slots.reduce(
            (product, index, slot) =>
              product *
              slotProbability(
                points,
                [...points.keys()].filter((other) => !slots.slice(0, slot).includes(other)),
                index,
                exploration,
              ),
            1,
          );
        const orders = [
          [0, 1, 2],
          [0, 2, 1],
          [1, 0, 2],
          [1, 2, 0],
          [2, 0, 1],
          [2, 1, 0],
        ].map((own) => own.map((at) => shown[at]));
        const given = chance(shown) / orders.reduce((sum, own) => sum + chance(own), 0);
        const product = order.pscore.reduce((a, b) => a * b, 1);
        expect(product).toBeCloseTo(given, 6);
      }
    });

    it('contradicts itself where its raises are not told', () => {
      const told = ({ units, raises, propensities }: LoggedSlate, isTold: boolean) =>
        reorderProbabilities(
          loggedDraw({
            units: [...units],
            ...(isTold && raises && { raises: [...raises] }),
            propensities: [...propensities],
            exploration,
            limit: units.length,
          }),
          3,
          [1, 2, 3],
          exploration,
        ).kind;
      expect(log.map((slate) => told(slate, true))).not.toContain('refused');
      const telling = raised
        .map(({ slate }) => slate)
        .filter((slate) => told(slate, false) !== 'known');
      expect(telling.length).toBeGreaterThan(0);
      const reason = (slates: readonly LoggedSlate[]) =>
        JSON.stringify(offPolicyGain(slates, champion, rules, { click: 1 }).gain);
      const contradiction = /the log contradicts itself/;
      expect(reason(telling.map((slate) => ({ ...slate, raises: undefined })))).toMatch(
        contradiction,
      );
      expect(reason(telling)).not.toMatch(contradiction);
    });

    it('that is empty, as the site kept its own order, is refused with its reason', () => {
      expect(offPolicyGain([], champion, rules, { click: 1 }).gain).toEqual({
        refused: expect.stringContaining("where the site's own order was kept"),
      });
    });

    it('whose first slots were left alone is refused with its reason', () => {
      const apart = { ...champion, exploration: { ...exploration, fromSlot: 3 } };
      expect(offPolicyGain(log, apart, rules, { click: 1 }).gain).toEqual({
        refused: 'v000000 draws from slot 3 on: its log shows a single order of the slots above',
      });
    });
  });

  describe('what competed for the only slot of a ranking that raised scores', () => {
    const slates = visits.map((visit, i): [LoggedSlate, (typeof visits)[number]] => [
      loggedSlate(champion, served(champion, table, visit, i, 1), String(i), 0, [1]),
      visit,
    ]);
    const poolIn = (slate: LoggedSlate, visit: (typeof visits)[number]) =>
      knownPool(
        { ...slate, at: NOW_MS },
        {
          request: { ...parseRankRequest({ sessionId: 's', limit: 1 }), ...visit },
          allowed: null,
        },
        table,
        champion,
        rules,
      );

    it('is known from the logged seed, and not without it', () => {
      let lost = 0;
      for (const [slate, visit] of slates) {
        const { seed: _, ...draw } = slate.draw!;
        expect(poolIn(slate, visit)).toBeDefined();
        if (poolIn({ ...slate, draw }, visit) === undefined) lost++;
      }
      expect(lost).toBeGreaterThan(5);
    });
  });
});
