import type { Preferences } from '../../../shared/domain/rank-request.ts';
import { rankBodies } from '../../bench/support/rank-bodies.ts';

/** What visitors of the demo catalogue ask for. */
export const wishesOf = (count: number, seed: number): Preferences[] =>
  rankBodies(count, seed).map(({ preferences }) => preferences as Preferences);
