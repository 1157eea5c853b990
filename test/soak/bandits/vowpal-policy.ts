import { seededRandom } from '../../../shared/explore/random.ts';
import { VowpalWabbit } from '../../oracle/peers/vowpal-wabbit.ts';
import { candidateCodes, SENT, type Candidates } from '../../world/one-of-many.ts';
import type { Policy } from './policy.ts';
import type { Stream } from './streams.ts';

/**
 * Vowpal Wabbit, which learns from each ranking before the next one comes. It sees what Trimtab sees: the code of every feature
 * of every candidate.
 */
export async function vowpalPolicy(stream: Stream, args: readonly string[]): Promise<Policy> {
  const kind = stream.slots === 1 ? '--cb_explore_adf' : '--ccb_explore_adf';
  const vw = await VowpalWabbit.start([kind, ...args, '--random_seed', `${stream.seed + 1}`]);
  const random = seededRandom(stream.seed * 7 + 3);
  const write = stream.slots === 1 ? oneOf : slateOf(stream.slots);
  return {
    async show(ranking) {
      const slots = await vw.ask(write(stream.requests[ranking]));
      const taken = new Set<number>();
      return slots.map((actions) => {
        const left = actions.filter(({ action }) => !taken.has(action));
        const total = left.reduce((sum, { probability }) => sum + probability, 0);
        let mark = random() * total;
        const chosen = left.find(({ probability }) => (mark -= probability) < 0) ?? left.at(-1)!;
        taken.add(chosen.action);
        return { candidate: chosen.action, propensity: chosen.probability / total, units: 0 };
      });
    },
    async learn(ranking, shown, clicks) {
      const labels = shown.map(
        ({ candidate, propensity }, slot) => `${candidate}:${-clicks[slot]}:${propensity}`,
      );
      await vw.ask(write(stream.requests[ranking], labels));
    },
    stop: () => vw.stop(),
  };
}

const featuresOf = (codes: Candidates, candidate: number): string =>
  `|f ${Array.from(candidateCodes(codes, candidate), (code, feature) => `${feature}_${code}`).join(' ')}`;

/** @param labels `candidate:cost:probability` of what was shown. */
function oneOf(codes: Candidates, labels?: readonly string[]): string[] {
  const [chosen, ...rest] = labels?.[0].split(':') ?? [];
  return Array.from({ length: SENT }, (_, i) =>
    Number(chosen) === i && labels !== undefined
      ? `0:${rest.join(':')} ${featuresOf(codes, i)}`
      : featuresOf(codes, i),
  );
}

/** A slot is told apart by a feature of its own, as clicks depend on it. */
const slateOf =
  (slots: number) =>
  (codes: Candidates, labels?: readonly string[]): string[] => [
    'ccb shared |s all',
    ...Array.from({ length: SENT }, (_, i) => `ccb action ${featuresOf(codes, i)}`),
    ...Array.from({ length: slots }, (_, slot) =>
      labels === undefined ? `ccb slot |p ${slot}` : `ccb slot ${labels[slot]} |p ${slot}`,
    ),
  ];
