import { setImmediate } from 'node:timers/promises';
import type { Scorer } from '../../../shared/score/scorer.ts';
import { clickThrough } from '../strata/decide-world.ts';
import { oracleClickThrough } from '../strata/oracle.ts';
import { SLOTS } from '../strata/pool.ts';
import { drawBank, shelve, type SlateBank } from '../strata/slate-bank.ts';
import { RULES, type World } from '../strata/world.ts';

/** What scorers are truly worth while tastes stay as they are: shares of the rankings that are clicked, over visits of no log. */
export interface TrueValues {
  readonly rules: number;
  readonly oracle: number;
  /** As it is served, with what exploring costs. */
  served(this: void, scorer: Scorer): Promise<number>;
  /** Of the way from the rules to the oracle, none of the three exploring. */
  share(this: void, scorer: Scorer): Promise<number>;
}

const VISITS_AT_A_TIME = 5;

export async function trueValues(world: World): Promise<TrueValues> {
  const parts = partsOf(drawBank(world));
  // Visitors who come meanwhile are in the same process, and connections that nobody looks at are closed.
  const mean = async (of: (part: SlateBank) => number) => {
    let sum = 0;
    for (const part of parts) {
      sum += of(part) * part.visits.length;
      await setImmediate();
    }
    return sum / parts.reduce((visits, part) => visits + part.visits.length, 0);
  };
  const served = (scorer: Scorer) => mean((part) => clickThrough(shelve(part, scorer)));
  const still = (scorer: Scorer) =>
    served({ ...scorer, exploration: { temperature: 0, epsilon: 0, poolSize: SLOTS } });
  const [rules, oracle] = [await still(RULES), await mean(oracleClickThrough)];
  return {
    rules,
    oracle,
    served,
    share: async (scorer) => ((await still(scorer)) - rules) / (oracle - rules),
  };
}

function partsOf({ world, visits }: SlateBank): SlateBank[] {
  const parts: SlateBank[] = [];
  for (let from = 0; from < visits.length; from += VISITS_AT_A_TIME)
    parts.push({ world, visits: visits.slice(from, from + VISITS_AT_A_TIME), from });
  return parts;
}
