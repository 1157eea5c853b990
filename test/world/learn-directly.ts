import { cpuDevice } from '../../backend/device/cpu/cpu-device.ts';
import { offPolicyGain } from '../../backend/science/evaluation/off-policy-gain.ts';
import type { LoggedSlate } from '../../backend/science/learn/logged-slate.ts';
import type { TrainingSet } from '../../backend/science/learn/training-set.ts';
import { learn, type Learned } from '../../backend/science/training/train-version.ts';
import type { CrossBudget } from '../../backend/science/training/choose-crosses.ts';
import type { Scorer } from '../../shared/score/scorer.ts';

/**
 * A training of an additive version as in direct mode: the gate judges it on sound data, and by what the champion's log says.
 * @param set of what `log` has, labelled. @param options `startFrom` absent: it starts from the champion; `crosses` as in `LearnOptions`.
 */
export const learnDirectly = (
  set: TrainingSet,
  log: readonly LoggedSlate[],
  champion: Scorer,
  options: { readonly startFrom?: Scorer; readonly crosses?: CrossBudget } = {},
): Promise<Learned> =>
  learn(set, {
    parent: champion,
    ...options,
    learner: 'additive',
    name: 'learned',
    device: cpuDevice(),
    evidence: { dataQuality: { passed: true, failures: [] } },
    rules: { mode: 'direct' },
    offPolicyGain: async (challenger, fromMs) =>
      offPolicyGain(
        log.filter(({ weights, at }) => weights === champion.version && at >= fromMs),
        champion,
        challenger,
        { click: 1 },
      ).gain,
  });
