import { drawWorld, STRATA, worldSeed, type World } from '../strata/world.ts';

/** One world of each kind of visitors, one of them with both sizes of catalogue, from the rarest clicks to the most. */
export const SIX_WORLDS: readonly { readonly stratum: string; readonly clicks: number }[] = [
  { stratum: 'additive 500', clicks: 0.05 },
  { stratum: 'position-biased 500', clicks: 0.1 },
  { stratum: 'random clickers 500', clicks: 0.2 },
  { stratum: 'additive 10000', clicks: 0.3 },
  { stratum: 'interactions 10000', clicks: 0.6 },
  { stratum: 'cascade 10000', clicks: 1 },
];

/** @param clicks per ranking that the rules earn. @param nowMs when its visitors come. */
export const worldOf = (stratum: string, clicks: number, seed: number, nowMs: number): World =>
  drawWorld(STRATA[stratum], worldSeed(stratum, seed, 0), { clicks, nowMs });
