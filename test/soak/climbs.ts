import { DEFAULT_ONLINE } from '../../backend/runs/online/settings.ts';
import { training } from '../../backend/runs/train/settings.ts';
import { studentInterval } from '../../backend/science/statistics/interval.ts';
import { RULES_VERSION } from '../../shared/domain/ids.ts';
import type { ExplorationSpec } from '../../shared/domain/exploration.ts';
import { smarttrip } from '../../shared/features/smarttrip.ts';
import { unlearned } from '../../shared/score/posterior.ts';
import { additiveFromPoints } from '../../shared/score/scorer.ts';
import type { LearningSetup } from '../world/learning-site.ts';
import { climbIn, rankingsTo, type Climb } from '../world/strata/climb.ts';
import { tasteOfPairs } from '../world/strata/taste.ts';
import { drawWorld, STRATA, worldSeed } from '../world/strata/world.ts';
import { tripWishes } from '../world/trip-wishes.ts';
import type { SoakForm } from './support/form.ts';

/** Of the strata where `--strata` says nothing. */
const ITEMS = 500;
const RANKINGS = 4000;
const EVERY = 100;
const RANKINGS_PER_TRAINING = 1000;
/** Worlds of each stratum where `--worlds` says nothing. */
const WORLDS = 4;
/** Mean clicks per ranking of the rules. */
const CLICKS = 0.6;
const GOALS = [0.8, 0.9];
/** Tastes keep the declared constraints, as no training may learn what does not. */
const INTERACTING = [['difficulty', 'status']] as const;

interface Arm {
  readonly exploration: ExplorationSpec;
  readonly setup: LearningSetup;
}

const { temperature, epsilon, poolSize } = smarttrip.exploration;
/** By trainings alone, of sums alone, and with one temperature for everything. */
const WITHOUT: Arm = {
  exploration: { temperature, epsilon, poolSize },
  setup: { rankingsPerTraining: RANKINGS_PER_TRAINING },
};
/** As a site learns by default. */
const WITH: Arm = {
  exploration: smarttrip.exploration,
  setup: {
    rankingsPerTraining: RANKINGS_PER_TRAINING,
    online: { ...DEFAULT_ONLINE, rankingsPerChange: 20 },
    crosses: training.parse({}).crosses,
  },
};

interface Pair {
  readonly without: Climb;
  readonly having: Climb;
}

/**
 * How many rankings a new site takes to learn its visitors' tastes, with all that learns by default (as people click, raises, learned
 * crosses) and without, in every kind of world: two sites of one seed meet the same people.
 */
export const soakClimbs: SoakForm = async ({ seed, worlds = WORLDS, strata, say }) => {
  if (worlds < 2) throw new Error('--worlds must be 2 or more: climbs differ by world');
  const names = strata ?? Object.keys(STRATA).filter((name) => STRATA[name].items === ITEMS);
  const unknown = names.find((name) => !Object.hasOwn(STRATA, name));
  if (unknown !== undefined)
    throw new Error(
      `there is no stratum "${unknown}": name some of ${Object.keys(STRATA).join(', ')}`,
    );
  const [rows, broken]: [string[], string[]] = [[], []];
  for (const name of names) {
    const pairs: Pair[] = [];
    for (let n = 0; n < worlds; n++) {
      const stratum = STRATA[name];
      const world = drawWorld(stratum, worldSeed(name, seed, n), {
        clicks: CLICKS,
        taste: tasteOfPairs(stratum.visitors === 'interactions' ? INTERACTING : []),
      });
      const climb = ({ exploration, setup }: Arm) =>
        climbIn(
          world,
          additiveFromPoints(tripWishes, tripWishes.rules, {
            version: RULES_VERSION,
            name: 'rules',
            exploration,
            posterior: unlearned(tripWishes, exploration),
          }),
          setup,
          { rankings: RANKINGS, every: EVERY },
        );
      const pair = { without: await climb(WITHOUT), having: await climb(WITH) };
      say(`${name} ${n + 1}: without ${text(pair.without)}`);
      say(`${name} ${n + 1}: with    ${text(pair.having)}`);
      pairs.push(pair);
    }
    rows.push(rowOf(name, pairs));
    broken.push(...brokenBy(name, pairs));
  }
  return { figures: `${worlds} worlds each, ${RANKINGS} rankings`, table: rows.join('\n'), broken };
};

const text = (climb: Climb): string => {
  const [most, all] = GOALS.map((goal) => rankingsTo(goal, climb, EVERY) ?? 'not');
  const byTraining = climb.shares.filter((_, i) => (i + 1) % (500 / EVERY) === 0);
  return `80 % ${most}, 90 % ${all}, earned ${climb.earned.toFixed(3)}; ${byTraining.map((share) => share.toFixed(2)).join(' ')}`;
};

/** Where a goal is not reached, as many rankings as there were. */
const meanTo = (goal: number, climbs: readonly Climb[]): number =>
  meanOf(climbs.map((climb) => rankingsTo(goal, climb, EVERY) ?? RANKINGS));
const meanOf = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;

function rowOf(name: string, pairs: readonly Pair[]): string {
  const of = (climbs: readonly Climb[]) =>
    `${GOALS.map((goal) => `${Math.round(meanTo(goal, climbs))} to ${100 * goal} %`).join(', ')}, earned ${meanOf(climbs.map(({ earned }) => earned)).toFixed(3)}`;
  const { mean, low, high } = differenceOf(pairs);
  return `${name}: without ${of(pairs.map(({ without }) => without))}; with ${of(pairs.map(({ having }) => having))}; difference ${mean.toFixed(3)} (${low.toFixed(3)} to ${high.toFixed(3)})`;
}

/** Of what was earned. */
function differenceOf(pairs: readonly Pair[]) {
  const own = pairs.map(({ without, having }) => having.earned - without.earned);
  const mean = meanOf(own);
  const variance = own.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (own.length - 1);
  return studentInterval(mean, Math.sqrt(variance / own.length), own.length, own.length);
}

function brokenBy(name: string, pairs: readonly Pair[]): string[] {
  return GOALS.flatMap((goal) => {
    const [without, having] = [
      pairs.map((pair) => pair.without),
      pairs.map((pair) => pair.having),
    ].map((climbs) => meanTo(goal, climbs));
    return having > without
      ? `${name}: ${Math.round(having)} rankings to ${100 * goal} % with all that learns, ${Math.round(without)} without`
      : [];
  });
}
