import type { Scorer } from '../../../shared/score/scorer.ts';
import { clickThrough } from '../strata/decide-world.ts';
import { oracleClickThrough } from '../strata/oracle.ts';
import { SLOTS } from '../strata/pool.ts';
import { drawBank, shelve } from '../strata/slate-bank.ts';
import { RULES, type World } from '../strata/world.ts';

/** What scorers are truly worth while tastes stay as they are: shares of the rankings that are clicked, over visits of no log. */
export interface TrueValues {
  readonly rules: number;
  readonly oracle: number;
  /** As it is served, with what exploring costs. */
  served(scorer: Scorer): number;
  /** Of the way from the rules to the oracle, none of the three exploring. */
  share(scorer: Scorer): number;
}

export function trueValues(world: World): TrueValues {
  const bank = drawBank(world);
  const served = (scorer: Scorer) => clickThrough(shelve(bank, scorer));
  const still = (scorer: Scorer) =>
    served({ ...scorer, exploration: { temperature: 0, epsilon: 0, poolSize: SLOTS } });
  const [rules, oracle] = [still(RULES), oracleClickThrough(bank)];
  return {
    rules,
    oracle,
    served,
    share: (scorer) => (still(scorer) - rules) / (oracle - rules),
  };
}
