import { and, desc, eq, sql } from 'drizzle-orm';
import { exposuresFromText } from '../../../shared/domain/experiment.ts';
import { LEARNED, type WeightDelta } from '../../../shared/domain/weight-delta.ts';
import { addDeltas } from '../../../shared/score/add-deltas.ts';
import type { AdditiveScorer } from '../../../shared/score/scorer.ts';
import { LEARNED as LEARNED_MARK } from '../../log/account/mark.ts';
import { deltasFromBytes } from '../../science/learn/online/delta-bytes.ts';
import type { Statement, Store } from '../../store/open.ts';
import { onlineDeltas } from '../../store/tables.ts';
import { holdoutId } from './holdout.ts';

/** Deltas of an arm's version by the number that its decisions have as `delta`. */
export interface ServedDeltas {
  /** 0: none was sent yet. */
  readonly number: number;
  /** `deltasToBytes`. */
  readonly content: Uint8Array;
}

const NONE = new Uint8Array();

/**
 * The newest deltas of an arm's version. Where none are stored, its number is one that no decision has: edges counted by themselves
 * before backends gave numbers.
 */
export async function newestDeltas(
  { db }: Pick<Store, 'db'>,
  arm: string,
  version: string,
): Promise<ServedDeltas> {
  const [row] = await db
    .select({ number: onlineDeltas.number, content: onlineDeltas.content })
    .from(onlineDeltas)
    .where(and(eq(onlineDeltas.arm, arm), eq(onlineDeltas.version, version)))
    .orderBy(desc(onlineDeltas.number))
    .limit(1);
  if (row !== undefined) return { number: row.number, content: new Uint8Array(row.content) };
  const [{ number }] = await db.all<{ number: number }>(sql`
    select coalesce(max(delta), 0) as number from decisions where weights = ${version}`);
  return { number, content: NONE };
}

const STORE = `insert into online_deltas (arm, version, number, at, content)
  select ?, ?, ?, ?, ? where (select value from log_marks where name = ?) = ?`;

/** In the transaction that stores what was learned, so that no slate is drawn with deltas that are not known. */
export const storeDeltas = (
  arm: string,
  version: string,
  { number, content }: ServedDeltas,
  nowMs: number,
  mark: string,
): Statement => ({
  toSQL: () => ({
    sql: STORE,
    params: [arm, version, number, nowMs, content, LEARNED_MARK + arm, mark],
  }),
});

/** What of a decision says which weights its slate was drawn with. */
export interface DrawnWith {
  readonly weights: string;
  readonly delta: number;
  /** Exposures as text. */
  readonly arm?: string | null;
}

/**
 * The scorer by which a logged slate was drawn, bit for bit.
 * @param base the published version that the decision names.
 * @throws Error where its deltas are not known: an edge numbered them that was deployed before backends did, or they were pruned.
 */
export async function scorerOfDecision(
  { db }: Pick<Store, 'db'>,
  base: AdditiveScorer,
  { weights, delta, arm: exposed }: DrawnWith,
): Promise<AdditiveScorer> {
  if (delta === 0) return base;
  const exposures = exposuresFromText(exposed ?? '').filter(({ arm }) => arm === LEARNED);
  const rows = await db
    .select({ arm: onlineDeltas.arm, content: onlineDeltas.content })
    .from(onlineDeltas)
    .where(and(eq(onlineDeltas.version, weights), eq(onlineDeltas.number, delta)));
  const own = rows.find((row) =>
    exposures.some(({ experiment }) => experiment === holdoutId(row.arm, weights)),
  );
  if (own === undefined)
    throw new Error(
      `the deltas ${delta} of ${weights} are not known: its slates cannot be drawn again`,
    );
  const deltas: WeightDelta[] = deltasFromBytes(base.schema, new Uint8Array(own.content));
  return addDeltas(base, deltas);
}
