import { seededRandom } from '../../../shared/explore/random.ts';
import { versionOf } from '../../../shared/domain/ids.ts';
import { DEFAULT_PLACEMENT } from '../../../shared/domain/placement.ts';
import { ApiError } from '../../../shared/domain/errors.ts';
import { bucketCount } from '../../../shared/features/schema.ts';
import { tripWishes } from '../trip-wishes.ts';
import {
  additiveFromPoints,
  pointsOf,
  type Scorer,
  type UnversionedScorer,
} from '../../../shared/score/scorer.ts';
import type { Device } from '../../../backend/science/learn/device/device.ts';
import type { LoggedSlate } from '../../../backend/science/learn/logged-slate.ts';
import { packTrainingSet, splitByTime } from '../../../backend/science/learn/training-set.ts';
import { NOW_MS } from '../../bench/support/trips.ts';
import { coverOf } from '../../../backend/science/evaluation/cover.ts';
import {
  gateEvidence,
  type GateEvidence,
} from '../../../backend/science/evaluation/gate-evidence.ts';
import { offPolicyGain } from '../../../backend/science/evaluation/off-policy-gain.ts';
import { learn } from '../../../backend/science/training/train-version.ts';
import { labelled, logOf, type LogOptions } from './champion-log.ts';
import { SLOTS } from './pool.ts';
import { RULES, logUniform, type World } from './world.ts';

/** Where a challenger comes from. */
export type Origin =
  /** A training on all of the champion's log. */
  | 'whole log'
  | 'few rankings'
  /** Tastes turned, and nearly all of the log is from before. */
  | 'tastes of before'
  /** Tastes turned after the last ranking of the log, so that nothing in it tells. */
  | 'turned since'
  | 'clicks by chance'
  /** Somebody made others' clicks. */
  | 'poisoned'
  /** No training: weights as somebody may have typed them. */
  | 'changed by hand';

export interface Challenger {
  readonly origin: Origin;
  readonly scorer: Scorer;
  /** All that the gate is told. */
  readonly evidence: GateEvidence;
  /** Whether the log, and with it the held-out slates, are of people who like what they like now. */
  readonly isLogHonest: boolean;
}

/** What most trainings are, and what goes wrong with some: in most worlds one that is better and one that is worse. */
const GOOD: readonly Origin[] = ['whole log', 'whole log', 'few rankings', 'clicks by chance'];
const BAD: readonly Origin[] = [
  'tastes of before',
  'turned since',
  'poisoned',
  'changed by hand',
  'changed by hand',
  'few rankings',
];

const LOG_SEED = 101;
/** Rankings in which the rules would be clicked: with fewer no training is begun, and a gate waits for more. */
const CLICKED = [300, 1500] as const;
const FEW = [250, 300] as const;
/** Of the rankings of a log, however rarely they are clicked. */
const MOST_RANKINGS = 6000;
/** The latest share of the slates, on which trainings are judged. */
const HELD_OUT = 0.2;

const one = <T>(of: readonly T[], random: () => number): T => of[Math.floor(random() * of.length)];

/** Requests by which cover is estimated, with a standard error of 0.05 at most. */
const COVERED = 100;

/** Of each world. */
export const CHALLENGERS = 2;

/** Two challengers of a champion: one as trainings usually are, and one of those that go wrong. */
export async function drawChallengers(
  world: World,
  champion: Scorer,
  device: Device,
): Promise<Challenger[]> {
  const random = seededRandom(world.seed + 31);
  const origins = [one(GOOD, random), one(BAD, random)];
  const challengers: Challenger[] = [];
  for (const [i, origin] of origins.entries()) {
    const how = { random, device, version: 2 + i };
    const challenger = await challengerOf(world, champion, origin, how).catch(isNoScorer);
    if (challenger !== undefined) challengers.push(challenger);
  }
  return challengers;
}

/** A training may fail, as where its scores would leave their range: it then makes no challenger. @throws what else went wrong. */
function isNoScorer(error: unknown): undefined {
  if (!(error instanceof ApiError && error.code === 'invalid_weights')) throw error;
}

/** Rankings from which a champion learned, whose visitors click often. */
const LEARNED_FROM = [150, 2000] as const;

/** A quarter of the worlds still have the rules, which learned nothing; the others learned from little up to much. */
export async function drawChampion(world: World, device: Device): Promise<Scorer> {
  const random = seededRandom(world.seed + 30);
  if (random() < 0.25) return RULES;
  const rankings = random() < 0.3 ? LEARNED_FROM[0] : LEARNED_FROM[1];
  const slates = logOf(RULES, world, { rankings, seed: LOG_SEED + 1, often: true });
  const { scorer } = await trained(slates, RULES, 'champion', { world, device });
  return { ...scorer, version: versionOf(1) };
}

interface How {
  readonly random: () => number;
  readonly device: Device;
  readonly version: number;
}

async function challengerOf(
  world: World,
  champion: Scorer,
  origin: Origin,
  { random, device, version }: How,
): Promise<Challenger> {
  const clicked = logUniform(random, origin === 'few rankings' ? FEW : CLICKED);
  const rankings = Math.min(MOST_RANKINGS, Math.round(clicked / (1 - Math.exp(-world.clicks))));
  const slates = logOf(champion, world, {
    rankings,
    seed: LOG_SEED + 1000 * version,
    ...flawOf(origin, random),
  });
  const isLogHonest = origin !== 'turned since' && origin !== 'poisoned';
  const about = { origin, isLogHonest };
  if (origin !== 'changed by hand') {
    const { scorer, evidence } = await trained(slates, champion, origin, { world, device });
    return { ...about, evidence, scorer: { ...scorer, version: versionOf(version) } };
  }
  const scorer = { ...changedByHand(champion, random), version: versionOf(version) };
  const [reference, held] = splitByTime(
    packTrainingSet(tripWishes, slates.map(labelled)),
    HELD_OUT,
  );
  const gain = offPolicyGain(
    slates.filter(({ at }) => at >= held.at[0]),
    champion,
    scorer,
    { click: 1 },
  ).gain;
  const cover = coverIn(world, champion, scorer);
  const evidence: GateEvidence = {
    guardrails: [],
    dataQuality: { passed: true, failures: [] },
    ...gateEvidence(champion, scorer, reference, held),
    offPolicyGain: gain,
    ...(cover && { cover }),
  };
  return { ...about, evidence, scorer };
}

function flawOf(origin: Origin, random: () => number): Partial<LogOptions> {
  switch (origin) {
    case 'tastes of before':
      return { stale: 1 - HELD_OUT };
    case 'turned since':
      return { stale: 1 };
    case 'clicks by chance':
      return { noisy: 0.3 + 0.6 * random() };
    case 'poisoned': {
      const feature = 1 + Math.floor(random() * (tripWishes.features.length - 1));
      const codes = bucketCount(tripWishes.features[feature]);
      return { poisoned: { share: 0.3, feature, code: 1 + Math.floor(random() * (codes - 1)) } };
    }
    default:
      return {};
  }
}

const ASKED = {
  placement: DEFAULT_PLACEMENT,
  consent: 'measure',
  limit: SLOTS,
  explain: false,
} as const;

/** As in production, by what some people ask for. */
const coverIn = (world: World, champion: Scorer, challenger: Scorer) =>
  coverOf(
    champion,
    challenger,
    world.table,
    world
      .visits(COVERED, LOG_SEED)
      .map((visit) => ({ request: { ...visit, ...ASKED }, at: NOW_MS })),
  );

/** A training as in production, with what its gate is told. */
async function trained(
  slates: readonly LoggedSlate[],
  champion: Scorer,
  name: string,
  { world, device }: { readonly world: World; readonly device: Device },
): Promise<{ readonly scorer: UnversionedScorer; readonly evidence: GateEvidence }> {
  let evidence: GateEvidence = {};
  const { scorer } = await learn(packTrainingSet(tripWishes, slates.map(labelled)), {
    parent: champion,
    learner: 'additive',
    name,
    device,
    evidence: { dataQuality: { passed: true, failures: [] } },
    offPolicyGain: async (challenger, fromMs) =>
      offPolicyGain(
        slates.filter(({ at }) => at >= fromMs),
        champion,
        challenger,
        { click: 1 },
      ).gain,
    cover: async (challenger) => coverIn(world, champion, challenger),
    onEvidence: (found) => (evidence = found),
  });
  return { scorer, evidence };
}

/** Every weight moved by up to a few points. As of all weights that somebody gives, the gate fits a calibration itself. */
export function changedByHand(champion: Scorer, random: () => number): Scorer {
  const most = logUniform(random, [3, 20]);
  const points = Object.fromEntries(
    Object.entries(pointsOf(champion)).map(([feature, own]) => [
      feature,
      own.map((value) => value + most * (2 * random() - 1)),
    ]),
  );
  const { version, exploration } = champion;
  return additiveFromPoints(tripWishes, points, { version, name: 'by hand', exploration });
}
