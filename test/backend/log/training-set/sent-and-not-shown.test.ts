import { expect, test } from 'vitest';
import { cpuDevice } from '../../../../backend/device/cpu/cpu-device.ts';
import { syncPartitions } from '../../../../backend/log/partitions/partitions.ts';
import { readPartitions } from '../../../../backend/log/training-set/read-partitions.ts';
import { learn } from '../../../../backend/science/training/train-version.ts';
import { parseItemId, parseSessionId, RULES_VERSION } from '../../../../shared/domain/ids.ts';
import { featureIndex } from '../../../../shared/features/schema.ts';
import { smarttrip } from '../../../../shared/features/smarttrip.ts';
import {
  additiveFromPoints,
  STRIDE,
  type AdditiveScorer,
} from '../../../../shared/score/scorer.ts';
import { decisionOf, eventOf } from '../../support/decisions.ts';
import { DAY, FEATURES, NOON, openLog } from '../support/log.ts';

const RANKINGS = 600;
const SENT = ['lisbon', 'porto', 'faro'];
const status = featureIndex(smarttrip, 'status');
/** Of a candidate all codes are the same, but for the one that tells them apart. */
const codesOf = (candidate: number) =>
  Uint8Array.from({ length: FEATURES }, (_, f) => (f === status ? candidate + 1 : 1));

test('of candidates that a request sent, the one that was shown counts with its propensity, and the others not at all', async () => {
  const log = await openLog(NOON + DAY);
  try {
    // Faro is sent with every request and shown in a tenth of them; lisbon is shown most, and clicked least.
    const shownIn = (i: number) => (i % 10 === 0 ? 2 : i % 10 < 3 ? 1 : 0);
    const isClicked = (i: number) => [i % 7 === 0, i % 3 === 0, i % 20 === 0][shownIn(i)];
    const propensities = [0.7, 0.2, 0.1];
    const decisions = Array.from({ length: RANKINGS }, (_, i) =>
      decisionOf(`r${i}`, {
        at: NOON + 60_000 * i,
        sessionId: parseSessionId(`session-${i}`),
        request: JSON.stringify({ candidates: SENT.map((id) => ({ id })) }),
        limit: 1,
        itemIds: [parseItemId(SENT[shownIn(i)])],
        units: [0],
        propensities: [propensities[shownIn(i)]],
        codes: codesOf(shownIn(i)),
      }),
    );
    const events = decisions.flatMap(({ at, sessionId, itemIds }, i) =>
      isClicked(i)
        ? [
            eventOf(`e${i}`, `r${i}`, {
              itemId: itemIds[0],
              sessionId,
              timestamp: at + 5000,
              receivedAt: at + 5100,
            }),
          ]
        : [],
    );
    await log.add(decisions, events);
    await log.update();
    const window = { from: NOON, to: NOON + DAY };
    const deps = log.deps();
    const manifests = await syncPartitions(deps, smarttrip, window);
    const { set } = await readPartitions(deps.objects, manifests, smarttrip, window, { click: 1 });
    expect(set.rows).toBe(RANKINGS);
    expect(Array.from(set.propensity!)).toEqual(decisions.map(({ propensities: [own] }) => own));
    expect(Array.from(set.reward)).toEqual(decisions.map((_, i) => Number(isClicked(i))));
    const shown = Array.from({ length: RANKINGS }, (_, row) => set.codes[status * set.rows + row]);
    expect(shown).toEqual(decisions.map((_, i) => shownIn(i) + 1));

    const { scorer } = await learn(set, {
      parent: additiveFromPoints(smarttrip, {}, { version: RULES_VERSION, name: 'nothing' }),
      learner: 'additive',
      name: 'learned',
      l2: 0.1,
      device: cpuDevice({ threads: 1 }),
    });
    const { weights } = scorer as AdditiveScorer;
    const of = (candidate: number) => weights[status * STRIDE + candidate + 1];
    const rateOf = (candidate: number) => {
      const own = decisions.map((_, i) => i).filter((i) => shownIn(i) === candidate);
      return own.filter((i) => isClicked(i)).length / own.length;
    };
    const byRate = [0, 1, 2].toSorted((a, b) => rateOf(b) - rateOf(a));
    expect([0, 1, 2].toSorted((a, b) => of(b) - of(a))).toEqual(byRate);
  } finally {
    await log.close();
  }
});
