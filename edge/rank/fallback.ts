import { RULES_VERSION } from '../../shared/domain/ids.ts';
import { smarttrip } from '../../shared/features/smarttrip.ts';
import { additiveFromPoints } from '../../shared/score/scorer.ts';

/** The rules that travel with the code: what ranks when nothing else can be had. */
export const bundledRules = additiveFromPoints(smarttrip, smarttrip.rules, {
  version: RULES_VERSION,
  name: 'rules',
});
