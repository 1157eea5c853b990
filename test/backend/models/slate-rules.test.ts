import { afterEach, beforeEach, expect, test } from 'vitest';
import type { SlateRules } from '../../../shared/domain/slate-rules.ts';
import { parseSlateRules } from '../../../shared/domain/slate-rules.ts';
import { operatorRulesOf, type OperatorRules } from '../../../backend/models/slate-rules.ts';
import { audit } from '../../../backend/store/tables.ts';
import {
  openRolloutServices,
  type RolloutTestServices,
} from '../rollouts/support/rollout-services.ts';

const HOUR_MS = 3_600_000;
const capped: SlateRules = parseSlateRules({ caps: [{ column: 'country', most: 2 }] });
const pinned: SlateRules = parseSlateRules({ pins: [{ id: 'trip-1', position: 1 }] });

let services: RolloutTestServices;
let rules: OperatorRules;
beforeEach(async () => {
  services = await openRolloutServices();
  const { store, livePointer, clock } = services;
  rules = operatorRulesOf({ store, livePointer, nowMs: () => clock.nowMs });
  await livePointer.reconcile();
});
afterEach(() => services.close());

const served = () => services.pointer().slateRules?.map(({ id, placement }) => [id, placement]);

test('a rule is in the pointer once it was added, during a hold as well, and gone once it was removed', async () => {
  const { livePointer, clock, store } = services;
  const first = await rules.add({ placement: '*', rules: capped, by: 'ana', note: 'a campaign' });
  expect(first).toMatchObject({ id: 'rule-1', by: 'ana', note: 'a campaign', until: null });
  expect(services.pointer().slateRules).toEqual([{ id: 'rule-1', placement: '*', rules: capped }]);
  await livePointer.rollback(services.pointer().champion, 'ana');
  expect(services.pointer()).toMatchObject({ hold: true });
  expect(served()).toEqual([['rule-1', '*']]);
  const until = clock.nowMs + HOUR_MS;
  await rules.add({ placement: 'home' as never, rules: pinned, until, by: 'ben' });
  expect(served()).toEqual([
    ['rule-1', '*'],
    ['rule-2', 'home'],
  ]);
  await rules.remove('rule-1', 'ben');
  expect(served()).toEqual([['rule-2', 'home']]);
  await expect(rules.remove('rule-1', 'ben')).rejects.toMatchObject({ code: 'unknown_rule' });
  const lines = await store.db.select().from(audit);
  expect(
    lines
      .filter(({ action }) => action.endsWith('slate rule'))
      .map(({ actor, action, subject }) => [actor, action, subject]),
  ).toEqual([
    ['ana', 'add slate rule', 'rule-1'],
    ['ben', 'add slate rule', 'rule-2'],
    ['ben', 'remove slate rule', 'rule-1'],
  ]);
});

test('a rule that has ended is in force no more, and leaves the pointer with the next look at it', async () => {
  const { livePointer, clock } = services;
  await rules.add({ placement: '*', rules: capped, until: clock.nowMs + HOUR_MS, by: 'ana' });
  expect(await rules.list()).toHaveLength(1);
  clock.nowMs += HOUR_MS;
  expect(await rules.list()).toEqual([]);
  await livePointer.refreshTraffic('backend');
  expect(services.pointer().slateRules).toBeUndefined();
});

test('there may be fifty at a time', async () => {
  const { store, clock } = services;
  const alone = operatorRulesOf({
    store,
    livePointer: { refreshTraffic: () => Promise.resolve() },
    nowMs: () => clock.nowMs,
  });
  for (let i = 0; i < 50; i++) await alone.add({ placement: '*', rules: capped, by: 'ana' });
  await expect(alone.add({ placement: '*', rules: capped, by: 'ana' })).rejects.toMatchObject({
    code: 'too_many_rules',
  });
});

test('of several at once no more are added than there may be, and one is removed once', async () => {
  const all = await Promise.allSettled(
    Array.from({ length: 52 }, () => rules.add({ placement: '*', rules: capped, by: 'ana' })),
  );
  expect(all.filter(({ status }) => status === 'fulfilled')).toHaveLength(50);
  const removed = await Promise.allSettled([1, 2].map(() => rules.remove('rule-1', 'ben')));
  expect(removed.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
  expect(await rules.list()).toHaveLength(49);
});
