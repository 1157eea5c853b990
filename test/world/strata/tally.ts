import { clopperPearson } from '../../../backend/science/statistics/clopper-pearson.ts';
import { median } from '../../bench/support/quantile.ts';
import { percent } from '../../../shared/text/text.ts';
import { CHALLENGERS } from './challengers.ts';
import type { Fate } from './decide-world.ts';

/** True gains, in the metric that decides, from which a challenger counts as better or worse; those between are held to nothing. */
export const BETTER = 0.05;
export const WORSE = -0.02;
/** Of the traffic, that hardly any worse one may be shown to more of. */
const LITTLE = 0.05;

/** How often something came true, by worlds, as challengers of one world share its champion, visitors and catalogue. */
export interface Share {
  /** Challengers. */
  readonly came: number;
  readonly of: number;
  /** Worlds with any such challenger. */
  readonly worlds: number;
  /**
   * Exact 95 % bounds (Clopper & Pearson) of the mean over these worlds of the share of a world's own challengers: each world
   * counts as one try, successful in part, for which the bounds are at least as safe.
   */
  readonly low: number;
  readonly high: number;
}

export interface Tally {
  readonly worlds: number;
  readonly between: number;
  /** Trainings that made no scorer. */
  readonly failed: number;
  readonly crowned: Share;
  readonly harmful: Share;
  readonly shown: Share;
  /** Median rankings of those crowned, as a multiple of a fixed-horizon test's. */
  readonly timesFixed: number;
  /** Better ones that the gate did not let through, to visitors or, direct, to everybody. */
  readonly refused: Share;
  readonly directCrowned: Share;
  /** Of those whose log tells the truth. */
  readonly directHarmful: Share;
  /** Of the true gain, median. */
  readonly standardError: number;
}

export function tallyOf(worlds: readonly (readonly Fate[])[]): Tally {
  const all = worlds.flat();
  const better = ({ gain }: Fate) => gain >= BETTER;
  const worse = ({ gain }: Fate) => gain <= WORSE;
  const crowned = ({ staged }: Fate) => staged.champion;
  return {
    worlds: worlds.length,
    between: all.filter((fate) => !better(fate) && !worse(fate)).length,
    failed: worlds.length * CHALLENGERS - all.length,
    crowned: shareOf(worlds, better, crowned),
    harmful: shareOf(worlds, worse, crowned),
    shown: shareOf(worlds, worse, ({ staged }) => staged.mostShown > LITTLE),
    timesFixed: median(
      all.filter((fate) => better(fate) && crowned(fate)).map(({ staged }) => staged.timesFixed),
    ),
    refused: shareOf(worlds, better, ({ staged }) => !staged.passedGate),
    directCrowned: shareOf(worlds, better, ({ direct }) => direct),
    directHarmful: shareOf(
      worlds,
      (fate) => worse(fate) && fate.isLogHonest,
      ({ direct }) => direct,
    ),
    standardError: median(all.map(({ standardError }) => standardError)),
  };
}

function shareOf(
  worlds: readonly (readonly Fate[])[],
  among: (fate: Fate) => boolean,
  comesTrue: (fate: Fate) => boolean,
): Share {
  const own = worlds.map((fates) => fates.filter(among)).filter(({ length }) => length > 0);
  const came = own.map((fates) => fates.filter(comesTrue).length);
  const mean = own.reduce((sum, { length }, i) => sum + came[i] / length, 0);
  const bounds = own.length === 0 ? { low: 0, high: 1 } : clopperPearson(mean, own.length);
  return {
    came: came.reduce((a, b) => a + b, 0),
    of: own.reduce((sum, { length }) => sum + length, 0),
    worlds: own.length,
    ...bounds,
  };
}

/** From so many worlds on, bounds themselves must keep what is promised; fewer only must not lie on the wrong side of it. */
const ENOUGH_WORLDS = 400;

/** What is promised of a stratum and did not hold. */
export function brokenPromises(stratum: string, tally: Tally): string[] {
  const { worlds, crowned, harmful, shown, timesFixed, directHarmful } = tally;
  const isEnough = worlds >= ENOUGH_WORLDS;
  const isAtLeast = ({ low, high }: Share, share: number) => (isEnough ? low : high) >= share;
  const isAtMost = ({ low, high }: Share, share: number) => (isEnough ? high : low) <= share;
  const promises: readonly (readonly [kept: boolean, promise: string])[] = [
    [isAtLeast(crowned, 0.93), `better ones become champion ${shareText(crowned)}, not ≥ 93 %`],
    [isAtMost(harmful, 0.02), `worse ones become champion ${shareText(harmful)}, not ≤ 2 %`],
    [isAtMost(shown, 0.05), `worse ones are shown to more than 5 % ${shareText(shown)}, not ≤ 5 %`],
    [
      isAtMost(directHarmful, 0.02),
      `direct, worse ones become champion ${shareText(directHarmful)}, not ≤ 2 %`,
    ],
    [
      crowned.came < (isEnough ? 1 : 10) || timesFixed <= 3,
      `${timesFixed.toFixed(2)} times the rankings of a fixed-horizon test, not ≤ 3`,
    ],
  ];
  return promises.flatMap(([kept, promise]) => (kept ? [] : [`${stratum}: ${promise}`]));
}

export const shareText = ({ came, of, worlds, low, high }: Share): string =>
  `${came} of ${of} (${worlds} worlds; ${percent(low, { digits: 1 })} to ${percent(high, { digits: 1 })})`;

export const tallyText = (tally: Tally): string =>
  [
    `${tally.worlds} worlds`,
    `better crowned ${shareText(tally.crowned)}, the gate refused ${shareText(tally.refused)}`,
    `worse crowned ${shareText(tally.harmful)}`,
    `worse shown to more than 5 % ${shareText(tally.shown)}`,
    `${tally.timesFixed.toFixed(2)} × fixed-horizon`,
    `direct: better crowned ${shareText(tally.directCrowned)}, worse of honest logs ${shareText(tally.directHarmful)}`,
    `${tally.between} between, ${tally.failed} trainings failed, true gains to ±${percent(tally.standardError, { digits: 1 })}`,
  ].join('; ');
