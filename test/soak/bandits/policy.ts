import type { ShownOne } from '../../world/one-of-many.ts';
import { codesOfShown } from '../../world/one-of-many.ts';
import { bestWorth, clicksOf, worthOf, type Stream } from './streams.ts';

/** Who decides what is shown, and learns from what was clicked. */
export interface Policy {
  show(ranking: number): Promise<readonly ShownOne[]>;
  learn(ranking: number, shown: readonly ShownOne[], clicks: Uint8Array): Promise<void>;
  stop?(): void;
}

/** Expected clicks of what was shown in each ranking, as a share of the oracle's: all costs of exploring included. */
export interface Earned {
  /** Of the whole stream. */
  readonly share: number;
  /** Of each tenth of it. */
  readonly tenths: readonly number[];
  /** Expected clicks. */
  readonly total: number;
}

export async function play(stream: Stream, policy: Policy): Promise<Earned> {
  const rankings = stream.requests.length;
  const earned = new Float64Array(rankings);
  const best = new Float64Array(rankings);
  try {
    for (let i = 0; i < rankings; i++) {
      const shown = await policy.show(i);
      const codes = codesOfShown(stream.requests[i], shown);
      earned[i] = worthOf(stream, i, codes);
      best[i] = bestWorth(stream, i);
      await policy.learn(i, shown, clicksOf(stream, i, codes));
    }
  } finally {
    policy.stop?.();
  }
  const sum = (of: Float64Array) => of.reduce((a, b) => a + b, 0);
  const tenths = Array.from({ length: 10 }, (_, tenth) => {
    const [from, to] = [tenth, tenth + 1].map((n) => Math.round((n * rankings) / 10));
    return sum(earned.subarray(from, to)) / sum(best.subarray(from, to));
  });
  return { share: sum(earned) / sum(best), tenths, total: sum(earned) };
}
