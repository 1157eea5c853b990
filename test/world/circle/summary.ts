import { clopperPearson } from '../../../backend/science/statistics/clopper-pearson.ts';
import { count, percent, table } from '../../../shared/text/text.ts';
import { median } from '../../bench/support/quantile.ts';
import { binomialBounds } from '../../support/binomial-bounds.ts';
import { share } from '../demo/say.ts';
import { BETTER, WORSE } from '../strata/tally.ts';
import { COMES_BACK, type Lived } from './live.ts';
import type { Round } from './rounds.ts';
import { PACE } from './site.ts';
import type { Trial } from './trial.ts';

/** Rounds differ by what comes in while a training or a rollout is under way; by less than a round it cannot be told. */
const ROUNDS_DIFFER = PACE.rankingsPerRound / 2;
/** Of the traffic, that hardly any worse one may be shown to more of. */
const LITTLE = 0.05;

const isBetter = ({ gain }: Trial) => gain >= BETTER;
const isWorse = ({ gain }: Trial) => gain <= WORSE;
const isCrowned = ({ end }: Trial) => end === 'champion';
/** Visitors had as many rankings as a test of fixed horizon three times over, or decided. */
const isDecided = ({ end, seen, fixed }: Trial) => end !== 'undecided' || seen.all > 3 * fixed;
const isShown = ({ mostShown, seen }: Trial) =>
  mostShown > LITTLE || (seen.all > 0 && seen.own > binomialBounds(seen.all, LITTLE).most);

/** One line for each world and mode. */
export const livedTable = (all: readonly Lived[]): string =>
  table(
    [
      'world',
      'clicks',
      'mode',
      'rules',
      'oracle',
      'climb: rankings, share',
      'turned',
      'recovery: rankings, share',
      'better',
      'worse',
      'shown',
      'rankings',
      'log',
    ],
    all.map((lived) => [
      `${lived.world.stratum.visitors} ${count(lived.world.stratum.items)}`,
      lived.world.clicks.toFixed(2),
      lived.learnsOnline ? `${lived.mode}, as people click` : lived.mode,
      share(lived.truth.before.rules),
      share(lived.truth.before.oracle),
      roundsText(lived.climb),
      lived.fallen.toFixed(2),
      roundsText(lived.recovery),
      crownedText(lived.trials.filter(isBetter)),
      crownedText(lived.trials.filter(isWorse)),
      shownText(lived.trials.filter(isWorse)),
      lived.rankings,
      lived.disagreements.length === 0 ? 'agrees' : 'DIFFERS',
    ]),
  );

const roundsText = (all: readonly Round[]): string =>
  all.map((round) => `${count(round.since)}: ${round.share.toFixed(2)}`).join(', ');

/** How many became champion, of how many, and how many of them nobody decided on. */
function crownedText(trials: readonly Trial[]): string {
  const undecided = trials.filter((trial) => !isCrowned(trial) && !isDecided(trial)).length;
  const open = undecided > 0 ? ` (${undecided} undecided)` : '';
  return `${trials.filter(isCrowned).length} of ${trials.length}${open}`;
}

/** The largest share of what visitors saw while one of them was rolled out. */
const shownText = (trials: readonly Trial[]): string =>
  percent(Math.max(0, ...trials.map(({ seen }) => (seen.all > 0 ? seen.own / seen.all : 0))), {
    digits: 1,
  });

export function livedText(all: readonly Lived[]): string {
  const trials = all.flatMap((lived) => lived.trials);
  const times = trials
    .filter((trial) => isBetter(trial) && isCrowned(trial) && trial.seen.all > 0)
    .map(({ seen, fixed }) => seen.all / fixed);
  const back = all.filter((lived) => recoveredIn(lived) <= climbedIn(lived) + ROUNDS_DIFFER).length;
  return [
    `${all.length} worlds and modes, ${count(all.reduce((sum, lived) => sum + lived.rankings, 0))} rankings`,
    ...(['staged', 'direct'] as const).map((mode) => {
      const own = all.filter((lived) => lived.mode === mode).flatMap((lived) => lived.trials);
      return `${mode}: better crowned ${crownedText(own.filter(isBetter))}, worse ${crownedText(own.filter(isWorse))}`;
    }),
    `worse shown to more than 5 %: ${trials.filter((trial) => isWorse(trial) && isShown(trial)).length}`,
    `${times.length === 0 ? '–' : median(times).toFixed(2)} × fixed-horizon`,
    `back within the rankings of the climb: ${back} of ${all.length}`,
  ].join('; ');
}

/** Rankings until the champion had gone as far as the recovery is asked to go. */
const climbedIn = ({ climb }: Lived): number =>
  climb.find((round) => round.share >= COMES_BACK * climb.at(-1)!.share)!.since;

const recoveredIn = ({ climb, recovery }: Lived): number =>
  (climb.at(-1)!.share > 0
    ? recovery.find((round) => round.share >= COMES_BACK * climb.at(-1)!.share)?.since
    : undefined) ?? Infinity;

/** What is promised and did not hold. */
export function brokenPromises(all: readonly Lived[]): string[] {
  const broken = all.flatMap((lived) => {
    const name = `${lived.world.stratum.visitors} ${lived.world.stratum.items}, ${lived.mode}`;
    const [climbed, recovered] = [climbedIn(lived), recoveredIn(lived)];
    return [
      ...lived.disagreements,
      ...(lived.climb.at(-1)!.share > 0 ? [] : ['nothing was learned before the turn']),
      ...lived.trials
        .filter(({ isBlocked }) => isBlocked)
        .map(({ what, version }) => `${version} (${what}) never had its turn`),
      ...lived.trials
        .filter((trial) => isWorse(trial) && isShown(trial))
        .filter(() => lived.mode === 'staged')
        .map(
          ({ what, version, gain, seen, mostShown }) =>
            `${version} (${what}, truly ${percent(gain, { digits: 1 })}) was shown to ${share(seen.own / seen.all)}, by its steps up to ${share(mostShown)}`,
        ),
      ...(recovered > climbed + ROUNDS_DIFFER
        ? [
            `${COMES_BACK} of what the climb reached in ${count(climbed)} rankings came back in ${recovered === Infinity ? 'none of the rounds' : count(recovered)}`,
          ]
        : []),
    ].map((promise) => `${name}: ${promise}`);
  });
  const trials = all.filter(({ mode }) => mode === 'staged').flatMap((lived) => lived.trials);
  const better = trials.filter((trial) => isBetter(trial) && isDecided(trial));
  const worse = all.flatMap((lived) => lived.trials).filter(isWorse);
  const crowned = (some: readonly Trial[]) => some.filter(isCrowned).length;
  if (better.length > 0 && clopperPearson(crowned(better), better.length).high < 0.93)
    broken.push(`staged, better ones become champion ${crownedText(better)}, not ≥ 93 %`);
  if (worse.length > 0 && clopperPearson(crowned(worse), worse.length).low > 0.02)
    broken.push(`worse ones become champion ${crownedText(worse)}, not ≤ 2 %`);
  return broken;
}
