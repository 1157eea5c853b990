import { setImmediate as nextTurn } from 'node:timers/promises';
import { sql } from 'drizzle-orm';
import { countedRankings } from '../log/account/counted.ts';
import type { Store } from '../store/open.ts';
import { DAY_MS } from '../../shared/domain/utc-day.ts';

/** Shown items of a sample of rankings, ready to be scored. */
export interface SlateSample {
  readonly rows: number;
  readonly features: number;
  /** Feature-major: `codes[feature * rows + row]`. */
  readonly codes: Uint8Array;
  /** Of each row; the rows of one session add up to 1, so that every visitor has the same weight. */
  readonly weights: Float64Array;
  readonly sessions: number;
}

export interface LoggedCodes {
  readonly sessionId: string;
  /** `Uint8Array(slots × F)`. */
  readonly codes: Uint8Array;
}

/** @param features F; rankings whose codes have another length are left out, as the data-quality monitor reports them. */
export function slateSample(rankings: readonly LoggedCodes[], features: number): SlateSample {
  const whole = rankings.filter(({ codes }) => codes.length > 0 && codes.length % features === 0);
  const ofSession = new Map<string, number>();
  for (const { sessionId } of whole) ofSession.set(sessionId, (ofSession.get(sessionId) ?? 0) + 1);
  const rows = whole.reduce((sum, { codes }) => sum + codes.length / features, 0);
  const out = new Uint8Array(rows * features);
  const weights = new Float64Array(rows);
  let row = 0;
  for (const { sessionId, codes } of whole) {
    const slots = codes.length / features;
    for (let slot = 0; slot < slots; slot++, row++) {
      weights[row] = 1 / (slots * ofSession.get(sessionId)!);
      for (let feature = 0; feature < features; feature++)
        out[feature * rows + row] = codes[slot * features + feature];
    }
  }
  return { rows, features, codes: out, weights, sessions: ofSession.size };
}

/**
 * About `size` rankings that people were shown on some days, by the account, which must be up to date. They are selected by
 * their seeds, which are random and independent of the request.
 * @param starts first milliseconds of UTC days.
 */
export async function readLoggedCodes(
  { db }: Pick<Store, 'db'>,
  schemaHash: string,
  starts: readonly number[],
  size: number,
): Promise<LoggedCodes[]> {
  const ofDay = (start: number) =>
    sql`${countedRankings} d where d.schemaHash = ${schemaHash}
      and d.at between ${start} and ${start + DAY_MS - 1}`;
  let count = 0;
  for (const start of starts) {
    const [row] = await db.all<{ count: number }>(
      sql`select count(*) as count from ${ofDay(start)}`,
    );
    count += row.count;
    await nextTurn();
  }
  const every = Math.max(1, Math.floor(count / size));
  const sample: LoggedCodes[] = [];
  for (const start of starts) {
    const rows = await db.all<{ sessionId: string; codes: ArrayBuffer }>(
      sql`select d.sessionId, d.codes from ${ofDay(start)} and d.seed % ${every} = 0`,
    );
    for (const { sessionId, codes } of rows)
      sample.push({ sessionId, codes: new Uint8Array(codes) });
    await nextTurn();
  }
  return sample;
}
