import { RULES_VERSION } from '../../shared/domain/ids.ts';
import { smarttrip } from '../../shared/features/smarttrip.ts';
import { unlearned } from '../../shared/score/posterior.ts';
import { additiveFromPoints } from '../../shared/score/scorer.ts';

/** The rule weights `v000000`, part of the Worker's code: the last resort when no published weights can be read. */
export const bundledRules = additiveFromPoints(smarttrip, smarttrip.rules, {
  version: RULES_VERSION,
  name: 'rules',
  posterior: unlearned(smarttrip, smarttrip.exploration),
});
