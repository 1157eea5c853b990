import { describe, expect, test } from 'vitest';
import { findDrift, profileOf } from '../../../backend/monitor/drift.ts';
import { DEFAULT_MONITORS } from '../../../backend/monitor/settings.ts';
import { slateSample, type LoggedCodes } from '../../../backend/monitor/slate-sample.ts';
import { RULES_VERSION } from '../../../shared/domain/ids.ts';
import { seededRandom } from '../../../shared/explore/random.ts';
import { smarttrip } from '../../../shared/features/smarttrip.ts';
import { additiveFromPoints } from '../../../shared/score/scorer.ts';
import { FEATURES } from '../log/support/log.ts';

const SCORER = additiveFromPoints(smarttrip, smarttrip.rules, {
  version: RULES_VERSION,
  name: 'x',
});
const NAMES = smarttrip.features.map(({ name }) => name);
const LIMITS = DEFAULT_MONITORS.drift;

/** Sessions of several alike rankings with alike slots: the worst case for a test that takes rows for independent. */
function sessions(count: number, seed: number, buckets = 12, shift = 0): LoggedCodes[] {
  const random = seededRandom(seed);
  return Array.from({ length: count }, (_, session) => {
    const wish = Array.from({ length: FEATURES }, () => 1 + Math.floor(random() * buckets));
    const codes = Uint8Array.from({ length: 10 * FEATURES }, (_unused, i) =>
      i % FEATURES === 2 ? wish[2] + shift : wish[i % FEATURES],
    );
    return Array.from({ length: 1 + (session % 5) }, () => ({ sessionId: `s${session}`, codes }));
  }).flat();
}

function found(before: LoggedCodes[], after: LoggedCodes[]) {
  const reference = profileOf(SCORER, slateSample(before, FEATURES));
  const current = profileOf(SCORER, slateSample(after, FEATURES), reference.scores.edges);
  return findDrift(NAMES, reference, current, LIMITS);
}

test('a session counts once, however many rankings and slots it has', () => {
  const sample = slateSample(sessions(100, 1), FEATURES);
  expect(sample.rows).toBe(10 * sessions(100, 1).length);
  expect(sample.sessions).toBe(100);
  expect(sample.weights.reduce((a, b) => a + b, 0)).toBeCloseTo(100, 9);
});

describe('steady visitors', () => {
  test('raise nothing in 50 looks at 600 sessions each', () => {
    const reference = sessions(1000, 999);
    let alarms = 0;
    for (let seed = 0; seed < 50; seed++)
      alarms += found(reference, sessions(600, seed)).findings.length;
    console.log(`drift, steady visitors: ${alarms} false alarms in 50 looks`);
    expect(alarms).toBe(0);
  });
});

test('a feature that moved is one finding that names it', () => {
  const { findings } = found(sessions(1000, 1), sessions(1000, 2, 12, 4));
  expect(findings).toHaveLength(1);
  expect(findings[0].message).toMatch(
    new RegExp(
      `from what v000000 learned from: .*${NAMES[2]} \\(PSI \\d+\\.\\d\\d above chance\\)`,
    ),
  );
});

test('many that moved at once are one finding too, with the worst', () => {
  const { findings } = found(sessions(1000, 1, 3), sessions(1000, 2, 60));
  expect(findings).toHaveLength(1);
  expect(findings[0].message).toMatch(/ and \d+ more$/);
});

test('too few sessions tell nothing', () => {
  expect(found(sessions(1000, 1), sessions(499, 2, 12, 4))).toEqual({
    findings: [],
    unknown: ['drift'],
  });
});

test('rankings whose codes have another length are left out', () => {
  const broken = { sessionId: 's', codes: new Uint8Array(FEATURES - 1) };
  expect(slateSample([broken, ...sessions(3, 1)], FEATURES).sessions).toBe(3);
});
