import { seededRandom } from '../../../shared/explore/random.ts';
import type { LoggedSlate } from '../../../backend/science/learn/logged-slate.ts';
import type { LabelledSlate } from '../../../backend/science/learn/training-set.ts';
import type { Scorer } from '../../../shared/score/scorer.ts';
import { NOW_MS } from '../../bench/support/trips.ts';
import { drawClicks } from './click-model.ts';
import { drawnFrom, poolOf, type Drawn } from './pool.ts';
import type { World } from './world.ts';

/** People who ask for different things; more rankings are of some of them again, with slates and clicks of their own. */
const DIFFERENT = 1500;

export interface LogOptions {
  readonly rankings: number;
  /** Same seed, same people and clicks. */
  readonly seed: number;
  /** Share of the rankings, from the first on, in which people still clicked by the taste of before. */
  readonly stale?: number;
  /** Whether people click more often, so that fewer rankings tell as much: a listwise training reads only those with a click. */
  readonly often?: boolean;
  /** Clicks of this share of the rankings are put on slots by chance. */
  readonly noisy?: number;
  /** In this share of the rankings somebody clicks what holds this code of this feature, and nothing else. */
  readonly poisoned?: { readonly share: number; readonly feature: number; readonly code: number };
}

/** What a champion's visitors were shown and clicked, one session each. */
export function logOf(champion: Scorer, world: World, options: LogOptions): LoggedSlate[] {
  const { rankings, seed, stale = 0, often = false } = options;
  const random = seededRandom(world.seed + seed);
  const visits = world.visits(Math.min(rankings, DIFFERENT), seed);
  const pools = visits.map((visit) => poolOf(champion, world.table, visit, world.nowMs));
  return Array.from({ length: rankings }, (_, i) => {
    const drawn = drawnFrom(pools[i % pools.length], champion, seed + i);
    const when = i < stale * rankings ? 'before' : often ? 'often' : 'now';
    const own = drawClicks(world.model, world.appeal(drawn, when), random);
    return loggedSlate(champion, drawn, `${seed}-${i}`, i, disturbed(own, drawn, options, random));
  });
}

function disturbed(
  clicks: Uint8Array,
  { codes, slots }: Drawn,
  { noisy = 0, poisoned }: LogOptions,
  random: () => number,
): Uint8Array {
  const features = codes.length / slots;
  if (poisoned && random() < poisoned.share)
    return clicks.map((_, slot) =>
      codes[slot * features + poisoned.feature] === poisoned.code ? 1 : 0,
    );
  if (random() >= noisy) return clicks;
  const elsewhere = new Uint8Array(slots);
  for (const click of clicks) elsewhere[Math.floor(random() * slots)] ||= click;
  return elsewhere;
}

/** One session each. @param clicks 0 or 1 per slot. */
export const loggedSlate = (
  { version, exploration }: Scorer,
  drawn: Drawn,
  name: string,
  i: number,
  clicks: ArrayLike<number>,
): LoggedSlate => ({
  rankingId: `r${name}`,
  at: NOW_MS + i,
  sessionId: `s${name}`,
  userId: null,
  placement: 'main',
  consent: 'measure',
  arm: null,
  weights: version,
  draw: {
    ...exploration,
    ...(drawn.seed !== undefined && { seed: drawn.seed }),
    isDrafted: false,
  },
  itemIds: drawn.ids,
  units: drawn.units,
  ...(drawn.raises && { raises: drawn.raises }),
  propensities: drawn.propensities,
  codes: drawn.codes,
  tallies: Array.from(clicks, (click) => (click === 0 ? undefined : { click })),
});

export const labelled = ({ at, sessionId, codes, tallies }: LoggedSlate): LabelledSlate => ({
  at,
  sessionId,
  codes,
  reward: Float64Array.from(tallies, (tally) => tally?.click ?? 0),
});
