import { DEFAULT_ROLLOUT } from '../../../backend/rollouts/settings.ts';
import type { Device } from '../../../backend/science/learn/device/device.ts';
import { runGate } from '../../../backend/science/evaluation/gate.ts';
import type { GateRules } from '../../../backend/science/evaluation/gate-rules.ts';
import { sampleSizeOfProportions } from '../../../backend/science/statistics/power.ts';
import { seededRandom } from '../../../shared/explore/random.ts';
import { simulateRollout } from '../simulated-rollout.ts';
import { drawChallengers, drawChampion, type Origin } from './challengers.ts';
import type { ClickCounts } from './click-model.ts';
import { drawBank, interleavedCounts, shelve, trueGain, type Shelf } from './slate-bank.ts';
import { drawWorld, type Stratum } from './world.ts';

/** As a training asks its gate. */
const GATE: Partial<GateRules> = { required: ['calibration'] };
const LOOKS_PER_DAY = 24;
/** Of finding the smallest gain of interest. */
const POWER = 0.95;

/** What became of one challenger. */
export interface Fate {
  readonly origin: Origin;
  /** Of the visitors, in the metric that decides (see `TrueGain`). */
  readonly gain: number;
  readonly standardError: number;
  readonly gainInClicks: number;
  /** Whether the log was of people who like what they like now: without visitors nothing else can be asked of a gate. */
  readonly isLogHonest: boolean;
  /** The gate alone made it champion. */
  readonly direct: boolean;
  readonly staged: {
    readonly passedGate: boolean;
    /** The gate's reason, and else the rollout's last. */
    readonly why: string;
    readonly champion: boolean;
    /** The largest share of the traffic that was shown it. */
    readonly mostShown: number;
    /** Rankings of the whole site until it was decided. */
    readonly rankings: number;
    /** `rankings` over those of a fixed-horizon test. */
    readonly timesFixed: number;
  };
}

/**
 * One world from its seed: a champion, challengers from real trainings, and what the real decisions make of each, without
 * visitors (direct) and with them (staged). All of it is pure but for the training's threads.
 */
export async function decideWorld(
  stratum: Stratum,
  seed: number,
  device: Device,
): Promise<readonly Fate[]> {
  const world = drawWorld(stratum, seed);
  const champion = await drawChampion(world, device);
  const bank = drawBank(world);
  const own = shelve(bank, champion);
  const fixed = fixedHorizon(clickThrough(own));
  const sessionsPerDay = Math.round(fixed / world.testDays);
  const challengers = await drawChallengers(world, champion, device);
  return challengers.map(({ origin, scorer, evidence, isLogHonest }, i) => {
    const other = shelve(bank, scorer);
    const gate = (mode: GateRules['mode']) => runGate(evidence, { ...GATE, mode });
    const truth = {
      origin,
      isLogHonest,
      ...trueGain(own, other),
      direct: gate('direct').verdict === 'promote',
    };
    const { verdict, reason } = gate('staged');
    if (verdict !== 'promote') {
      const never = {
        passedGate: false,
        champion: false,
        mostShown: 0,
        rankings: 0,
        timesFixed: 0,
      };
      return { ...truth, staged: { ...never, why: reason } };
    }
    const random = seededRandom(seed + 50 + i);
    const { end, mostShown, rankings, log } = simulateRollout(
      {
        champion: clickThrough(own),
        challenger: clickThrough(other),
        gain: truth.gain,
        interleavedSession: sessionsOf(interleavedCounts(bank, own, other), random),
      },
      DEFAULT_ROLLOUT,
      { sessionsPerDay, looksPerDay: LOOKS_PER_DAY, random },
    );
    const staged = {
      passedGate: true,
      why: log.at(-1)!.why,
      champion: end === 'champion',
      mostShown,
      rankings,
      timesFixed: rankings / fixed,
    };
    return { ...truth, staged };
  });
}

/** Share of the rankings that are clicked, with one ranking per session. */
export const clickThrough = ({ counts: { p } }: Shelf): number => 1 - p[0];

/**
 * Rankings, both arms together, of a test that is read once: it has to be sized before anything is known of the challenger, for
 * the smallest gain of interest in click-through (two-sided, 5 %; `sampleSizeOfProportions`).
 */
export const fixedHorizon = (rate: number): number => {
  const most = Math.min(rate * DEFAULT_ROLLOUT.minGain, (1 - rate) / 2);
  return 2 * sampleSizeOfProportions(rate, most, { power: POWER });
};

/** Draws sessions by the inverse of their distribution; where nothing is clicked, which is most, at the first comparison. */
function sessionsOf({ side, p }: ClickCounts, random: () => number) {
  const outcomes = Array.from(p, (mass, at) => ({ mass, at }))
    .filter(({ mass }) => mass > 0)
    .toSorted((a, b) => b.mass - a.mass)
    .map(({ mass, at }) => ({
      mass,
      clicks: { control: Math.floor(at / side), treatment: at % side },
    }));
  return () => {
    let left = random();
    for (const { mass, clicks } of outcomes) {
      left -= mass;
      if (left < 0) return clicks;
    }
    return outcomes[0].clicks;
  };
}
