import { studentInterval } from '../../backend/science/statistics/interval.ts';
import { unlessVowpalWabbit } from '../oracle/peers/vowpal-wabbit.ts';
import { GRID, type Candidate } from './bandits/grid.ts';
import { play, type Earned } from './bandits/policy.ts';
import { startOf, turningStream, type Stream } from './bandits/streams.ts';
import { trimtabPolicy } from './bandits/trimtab-policy.ts';
import { vowpalPolicy } from './bandits/vowpal-policy.ts';
import type { SoakForm } from './support/form.ts';

const RANKINGS = 20_000;
const STREAMS = 6;
/** Shown of 30. */
const SLOTS = [1, 10];
const nameOf = (slots: number): string => `${slots} of 30 shown`;
/** The rest of the way that a turn of tastes and learning may cost, where one of 30 is shown. */
const LEAST_SHARE = 0.95;

interface Played {
  readonly name: string;
  readonly earned: readonly Earned[];
}

/**
 * Rankings one after another, whose tastes turn half way: Trimtab in one configuration beside Vowpal Wabbit in the best of a
 * grid, which is chosen on the first tenth of the same streams. What each learns from is what it chose to show.
 */
export const soakBandits: SoakForm = async ({ seed, strata, say }) => {
  const broken: string[] = [];
  const [figures, lines]: [string[], string[]] = [[], []];
  const chosen = SLOTS.filter((slots) => strata?.includes(nameOf(slots)) ?? true);
  if (chosen.length === 0)
    throw new Error(`none is named: they are ${SLOTS.map((slots) => nameOf(slots)).join(', ')}`);
  for (const slots of chosen) {
    const streams = Array.from({ length: STREAMS }, (_, i) =>
      turningStream(RANKINGS, slots, seed * STREAMS + i),
    );
    const name = nameOf(slots);
    const ours = await played('Trimtab', streams, async (stream) => trimtabPolicy(stream));
    say(told(name, ours));
    lines.push(told(name, ours));
    const share = meanOf(ours.earned.map((earned) => earned.share));
    if (slots === 1 && share < LEAST_SHARE)
      broken.push(`${name}: ${share.toFixed(3)} of the oracle, below ${LEAST_SHARE}`);
    const why = unlessVowpalWabbit();
    if (why !== '') {
      figures.push(`${name}: ${share.toFixed(3)} of the oracle; no peer (${why})`);
      continue;
    }
    const theirs: Played[] = [];
    for (const { args } of await chooseOnStart(streams, say)) {
      const peer = await played(args.join(' '), streams, (stream) => vowpalPolicy(stream, args));
      say(told(name, peer));
      lines.push(told(name, peer));
      theirs.push(peer);
    }
    const difference = differenceOf(ours, theirs[0]);
    const text = `${difference.mean.toFixed(4)} (${difference.low.toFixed(4)} to ${difference.high.toFixed(4)})`;
    if (difference.high < 0)
      broken.push(`${name}: earns less than Vowpal Wabbit: ${text} of the oracle`);
    figures.push(
      `${name}: ${share.toFixed(3)} of the oracle, Vowpal Wabbit ${meanOf(theirs[0].earned.map((earned) => earned.share)).toFixed(3)} (${theirs[0].name}); difference ${text}`,
    );
  }
  return { figures: figures.join(' | '), table: lines.join('\n'), broken };
};

async function played(
  name: string,
  streams: readonly Stream[],
  policyFor: (stream: Stream) => ReturnType<typeof vowpalPolicy>,
): Promise<Played> {
  const earned: Earned[] = [];
  for (const stream of streams) earned.push(await play(stream, await policyFor(stream)));
  return { name, earned };
}

/** @returns the best of each explorer on the first tenth, the best of all first. */
async function chooseOnStart(
  streams: readonly Stream[],
  say: (line: string) => void,
): Promise<readonly Candidate[]> {
  const starts = streams.map((stream) => startOf(stream, RANKINGS / 10));
  const tried: { readonly candidate: Candidate; readonly total: number }[] = [];
  for (const candidate of GRID) {
    const { earned } = await played('', starts, (stream) => vowpalPolicy(stream, candidate.args));
    tried.push({ candidate, total: earned.reduce((sum, { total }) => sum + total, 0) });
  }
  const best = tried
    .toSorted((a, b) => b.total - a.total)
    .filter(
      ({ candidate: { explorer } }, i, all) =>
        all.findIndex(({ candidate }) => candidate.explorer === explorer) === i,
    )
    .map(({ candidate }) => candidate);
  say(`on the first tenth the best of ${GRID.length}: ${best[0].args.join(' ')}`);
  return best;
}

const meanOf = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;

/** Of the shares of the oracle, paired by stream. */
function differenceOf(ours: Played, theirs: Played) {
  const own = ours.earned.map(({ share }, i) => share - theirs.earned[i].share);
  const mean = meanOf(own);
  const variance = own.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (own.length - 1);
  return studentInterval(mean, Math.sqrt(variance / own.length), own.length, own.length);
}

function told(name: string, { name: policy, earned }: Played): string {
  const tenths = earned[0].tenths.map((_, i) =>
    meanOf(earned.map((one) => one.tenths[i])).toFixed(2),
  );
  return `${name}, ${policy}: ${meanOf(earned.map(({ share }) => share)).toFixed(3)} of the oracle; by tenths ${tenths.join(' ')}`;
}
