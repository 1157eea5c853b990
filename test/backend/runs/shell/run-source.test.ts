import { afterEach, beforeEach, expect, test } from 'vitest';
import { recordLive } from '../../../../backend/models/live-pointer.ts';
import type { PlacementSettings } from '../../../../backend/models/placement-settings.ts';
import { versions as versionsOf } from '../../../../backend/models/versions.ts';
import { runSourceOf, type RunSourceAsked } from '../../../../backend/runs/shell/run-source.ts';
import { RULES_VERSION } from '../../../../shared/domain/ids.ts';
import { smarttrip } from '../../../../shared/features/smarttrip.ts';
import { additiveFromPoints } from '../../../../shared/score/scorer.ts';
import { borrowStore, type BorrowedStore } from '../../../support/borrow-store.ts';

const NOW_MS = Date.UTC(2026, 10, 30);
const PLACEMENTS: PlacementSettings = { home: { reward: { save: 2 } }, search: {} };

let store: BorrowedStore;
beforeEach(async () => {
  store = await borrowStore();
});
afterEach(() => store.close());

/** What runs learn from where the home page and the search have lineages, and the home page another champion. */
async function sources() {
  const versions = versionsOf(store, () => NOW_MS);
  await versions.ensureRules(smarttrip);
  const atHome = await versions.add(
    additiveFromPoints(smarttrip, smarttrip.rules, { version: RULES_VERSION, name: 'for home' }),
    {},
  );
  const pointer = {
    champion: RULES_VERSION,
    placements: { home: { champion: atHome }, search: { champion: RULES_VERSION } },
  };
  await store.write([recordLive(store, { pointer, text: RULES_VERSION, since: 0 })]);
  const of = (asked: RunSourceAsked) =>
    runSourceOf(
      {
        store,
        versions,
        rewardPolicy: 'adaptive',
        retentionDays: 120,
        windowDays: 30,
        placements: PLACEMENTS,
        nowMs: () => NOW_MS,
      },
      asked,
    );
  return { atHome, of };
}

test('a run of a placement starts from its champion, learns by its reward, and from its rankings alone', async () => {
  const { atHome, of } = await sources();
  const home = await of({ placement: 'home' });
  expect(home).toMatchObject({
    placement: 'home',
    parent: { version: atHome },
    reward: { save: 2 },
    scope: { only: 'home' },
  });
  expect(home.reward).not.toEqual(smarttrip.training.reward);
  expect(await of({ placement: 'search' })).toMatchObject({
    parent: { version: RULES_VERSION },
    reward: smarttrip.training.reward,
    scope: { only: 'search' },
  });
  expect(await of({})).toMatchObject({
    parent: { version: RULES_VERSION },
    reward: smarttrip.training.reward,
    scope: { except: ['home', 'search'] },
  });
});

test('a reward that is asked for comes before that of the placement, and a placement without a lineage is refused', async () => {
  const { of } = await sources();
  expect((await of({ placement: 'home', reward: { click: 3 } })).reward).toEqual({ click: 3 });
  for (const placement of ['email', 'constructor'])
    await expect(of({ placement })).rejects.toMatchObject({ code: 'no_lineage' });
});
