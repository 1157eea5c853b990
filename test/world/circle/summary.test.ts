import { expect, it } from 'vitest';
import { RULES_VERSION, versionOf } from '../../../shared/domain/ids.ts';
import { drawWorld, STRATA } from '../strata/world.ts';
import type { Lived } from './live.ts';
import type { Round } from './rounds.ts';
import { brokenPromises } from './summary.ts';
import type { Trial } from './trial.ts';
import { trueValues } from './true-values.ts';

const world = drawWorld(STRATA['additive 500'], 1, { clicks: 1 });
const truth = await trueValues(world);

const round = (since: number, share: number): Round => ({
  since,
  share,
  champion: versionOf(1),
});
const worse: Trial = {
  what: 'worse',
  version: versionOf(2),
  gain: -0.2,
  end: 'withdrawn',
  mostShown: 0.05,
  seen: { all: 2000, own: 60 },
  fixed: 10_000,
  isBlocked: false,
  why: 'fewer clicks',
};
const kept: Lived = {
  world,
  mode: 'staged',
  learnsOnline: false,
  truth: { before: truth, now: truth },
  climb: [round(3000, 0.9)],
  recovery: [round(3400, 0.85)],
  fallen: -0.1,
  trials: [worse, { ...worse, what: 'trained', version: versionOf(1), gain: 1, end: 'champion' }],
  rankings: 9000,
  disagreements: [],
};

it('breaks no promise where all went well', () => {
  expect(brokenPromises([kept])).toEqual([]);
});

it.each<readonly [why: string, Partial<Lived>, said: RegExp]>([
  [
    'visitors saw too much of a worse one',
    { trials: [{ ...worse, seen: { all: 2000, own: 160 } }] },
    /was shown to 8\.0 %/,
  ],
  [
    'a step shows too much of a worse one',
    { trials: [{ ...worse, mostShown: 0.25 }] },
    /up to 25\.0 %/,
  ],
  [
    'worse ones become champion',
    { trials: [worse, worse].map((one) => ({ ...one, end: 'champion' })) },
    /worse ones become champion/,
  ],
  [
    'better ones do not',
    { trials: [1, 2, 3].map(() => ({ ...worse, gain: 0.3 })) },
    /better ones become champion 0 of 3/,
  ],
  [
    'one never has its turn',
    { trials: [{ ...worse, end: 'undecided', isBlocked: true }] },
    /never had its turn/,
  ],
  ['the log says something else', { disagreements: ['of v000001 …'] }, /of v000001/],
  ['nothing comes back', { recovery: [round(3000, 0.1), round(6000, 0.2)] }, /none of the rounds/],
  ['it comes back late', { recovery: [round(3000, 0.1), round(6000, 0.9)] }, /came back in 6,000/],
  [
    'nothing is learned',
    { climb: [{ ...round(3000, 0), champion: RULES_VERSION }], recovery: [round(3000, 0)] },
    /nothing was learned/,
  ],
])('says so where %s', (_, changed, said) => {
  expect(brokenPromises([{ ...kept, ...changed }]).join('\n')).toMatch(said);
});
