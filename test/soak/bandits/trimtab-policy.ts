import { cpuDevice } from '../../../backend/device/cpu/cpu-device.ts';
import { offPolicyGain } from '../../../backend/science/evaluation/off-policy-gain.ts';
import type { LoggedSlate } from '../../../backend/science/learn/logged-slate.ts';
import { packTrainingSet } from '../../../backend/science/learn/training-set.ts';
import { learn } from '../../../backend/science/training/train-version.ts';
import { RULES_VERSION, versionOf } from '../../../shared/domain/ids.ts';
import { unlearned } from '../../../shared/score/posterior.ts';
import { additiveFromPoints, type Scorer } from '../../../shared/score/scorer.ts';
import { loggedOfSent, showSome } from '../../world/one-of-many.ts';
import { tripWishes } from '../../world/trip-wishes.ts';
import type { Policy } from './policy.ts';
import type { Stream } from './streams.ts';

/** The one configuration, of all streams. */
export const RANKINGS_PER_TRAINING = 1000;

/** Direct mode: the default exploration, and a training after every 1,000 rankings, which the gate alone makes champion. */
export function trimtabPolicy(stream: Stream): Policy {
  const device = cpuDevice();
  const rules = additiveFromPoints(tripWishes, tripWishes.rules, {
    version: RULES_VERSION,
    name: 'rules',
  });
  let champion: Scorer = { ...rules, posterior: unlearned(tripWishes, rules.exploration) };
  const log: LoggedSlate[] = [];
  const seedOf = (ranking: number) => stream.seed * 1_000_000 + ranking;
  const train = async () => {
    const set = packTrainingSet(
      tripWishes,
      log.map(({ at, sessionId, codes, propensities, tallies }) => ({
        at,
        sessionId,
        codes,
        propensities,
        reward: Float64Array.from(tallies, (tally) => tally?.click ?? 0),
      })),
    );
    const { scorer, gate } = await learn(set, {
      parent: champion,
      learner: 'additive',
      name: 'learned',
      device,
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
    if (gate.verdict === 'promote')
      champion = { ...scorer, version: versionOf(log.length / RANKINGS_PER_TRAINING) };
  };
  return {
    show: async (ranking) =>
      showSome(champion, stream.requests[ranking], {
        slots: stream.slots,
        seed: seedOf(ranking),
      }),
    async learn(ranking, shown, clicks) {
      const seed = seedOf(ranking);
      log.push(
        loggedOfSent(champion, stream.requests[ranking], shown, { number: ranking, seed, clicks }),
      );
      if (log.length % RANKINGS_PER_TRAINING === 0) await train();
    },
  };
}
