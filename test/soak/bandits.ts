import { studentInterval } from '../../backend/science/statistics/interval.ts';
import { unlessVowpalWabbit } from '../oracle/peers/vowpal-wabbit.ts';
import { GRID } from './bandits/grid.ts';
import { play, type Earned } from './bandits/policy.ts';
import { startOf, turningStream, type Stream } from './bandits/streams.ts';
import { trimtabPolicy } from './bandits/trimtab-policy.ts';
import { vowpalPolicy } from './bandits/vowpal-policy.ts';
import type { SoakForm } from './support/form.ts';

interface Kind {
  /** Shown of 30. */
  readonly slots: number;
  readonly rankings: number;
  readonly streams: number;
  /** Of the streams: on the first tenth of so many the peer's settings are chosen. */
  readonly triedOn: number;
}

/** The peer takes some 3 ms for a slate of ten, which it fills slot by slot. */
const KINDS: Readonly<Record<string, Kind>> = {
  '1 of 30 shown': { slots: 1, rankings: 20_000, streams: 6, triedOn: 6 },
  '10 of 30 shown': { slots: 10, rankings: 3000, streams: 3, triedOn: 1 },
};
/** The rest of the way that a turn of tastes and learning may cost, where one of 30 is shown. */
const LEAST_SHARE = 0.95;

interface Played {
  readonly name: string;
  readonly earned: readonly Earned[];
}

/**
 * Rankings one after another, whose tastes turn half way: Trimtab in one configuration beside Vowpal Wabbit in the best of a
 * grid, which is chosen on the first tenth of the same streams, unless `peer` says what was chosen there by a run of the same seed. What
 * each learns from is what it chose to show.
 */
export const soakBandits: SoakForm = async ({ seed, strata, peer, say }) => {
  const broken: string[] = [];
  const [figures, lines]: [string[], string[]] = [[], []];
  const chosen = Object.entries(KINDS).filter(([name]) => strata?.includes(name) ?? true);
  if (chosen.length === 0)
    throw new Error(`none is named: they are ${Object.keys(KINDS).join(', ')}`);
  for (const [name, { slots, rankings, streams: count, triedOn }] of chosen) {
    const streams = Array.from({ length: count }, (_, i) =>
      turningStream(rankings, slots, seed * count + i),
    );
    const earned: Earned[] = [];
    for (const stream of streams) {
      earned.push(await play(stream, trimtabPolicy(stream)));
      say(told(`${name}, stream ${stream.seed}`, { name: 'Trimtab', earned: [earned.at(-1)!] }));
    }
    const ours = { name: 'Trimtab', earned };
    say(told(name, ours));
    lines.push(told(name, ours));
    const share = meanOf(earned.map((own) => own.share));
    if (slots === 1 && share < LEAST_SHARE)
      broken.push(`${name}: ${share.toFixed(3)} of the oracle, below ${LEAST_SHARE}`);
    const why = unlessVowpalWabbit();
    if (why !== '') {
      figures.push(`${name}: ${share.toFixed(3)} of the oracle; no peer (${why})`);
      continue;
    }
    const starts = streams.slice(0, triedOn).map((stream) => startOf(stream, rankings / 10));
    const settings = peer === undefined ? await chooseOn(starts, say) : peer.split(' ');
    const theirs = await playedByPeer(streams, settings);
    say(told(name, theirs));
    lines.push(told(name, theirs));
    const difference = differenceOf(ours, theirs);
    const text = `${difference.mean.toFixed(4)} (${difference.low.toFixed(4)} to ${difference.high.toFixed(4)})`;
    if (difference.high < 0)
      broken.push(`${name}: earns less than Vowpal Wabbit: ${text} of the oracle`);
    figures.push(
      `${name}, ${count} streams of ${rankings} rankings: ${share.toFixed(3)} of the oracle, Vowpal Wabbit ${meanOf(theirs.earned.map((own) => own.share)).toFixed(3)} (${theirs.name}); difference ${text}`,
    );
  }
  return { figures: figures.join(' | '), table: lines.join('\n'), broken };
};

/** The peer on all streams at once, as its processes answer meanwhile. */
async function playedByPeer(streams: readonly Stream[], args: readonly string[]): Promise<Played> {
  const earned = await Promise.all(
    streams.map(async (stream) => play(stream, await vowpalPolicy(stream, args))),
  );
  return { name: args.join(' '), earned };
}

/** Settings that are tried at once. */
const AT_ONCE = 3;

/** @returns the settings of the grid that earn most on these streams. */
async function chooseOn(
  starts: readonly Stream[],
  say: (line: string) => void,
): Promise<readonly string[]> {
  const tried: { readonly args: readonly string[]; readonly total: number }[] = [];
  for (let from = 0; from < GRID.length; from += AT_ONCE) {
    const some = GRID.slice(from, from + AT_ONCE).map(async (args) => {
      const { earned } = await playedByPeer(starts, args);
      return { args, total: earned.reduce((sum, { total }) => sum + total, 0) };
    });
    tried.push(...(await Promise.all(some)));
  }
  const { args } = tried.reduce((best, one) => (one.total > best.total ? one : best));
  say(`on the first tenth the best of ${GRID.length}: ${args.join(' ')}`);
  return args;
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
