import { RULES_VERSION, type Version } from '../../../shared/domain/ids.ts';
import { smarttrip } from '../../../shared/features/smarttrip.ts';
import { additiveFromPoints } from '../../../shared/score/scorer.ts';
import { scorerInKv } from '../../support/stored-decisions.ts';
import type { Figures } from './outcome.ts';
import type { DemoSystem } from './system.ts';
import type { Taste } from './taste.ts';
import { trueValue, type FreshVisits } from './true-value.ts';

/** What visitors of a taste do on average with what a version shows them, or with what they themselves would put first. */
export type Truth = (version: Version | 'oracle', taste: Taste) => Promise<Figures>;

/** Each is computed once, from the weights that the edge serves. */
export function truthOf(system: DemoSystem, fresh: FreshVisits): Truth {
  const known = new Map<string, Promise<Figures>>();
  const compute = async (version: Version | 'oracle', taste: Taste): Promise<Figures> => {
    if (version === 'oracle') return trueValue(taste.oracle, taste, fresh, { explores: false });
    const scorer = version === RULES_VERSION ? rules : await scorerInKv(system, version);
    return trueValue(scorer, taste, fresh);
  };
  return (version, taste) => {
    const key = `${version} ${taste.name}`;
    const figures = known.get(key) ?? compute(version, taste);
    known.set(key, figures);
    return figures;
  };
}

const rules = additiveFromPoints(smarttrip, smarttrip.rules, {
  version: RULES_VERSION,
  name: 'rules',
});
