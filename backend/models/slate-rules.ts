import { and, asc, desc, eq, gt, isNull, or, sql } from 'drizzle-orm';
import type { ApprenticePlacement } from '../../shared/domain/apprentice.ts';
import { ApiError } from '../../shared/domain/errors.ts';
import type { ServedRule } from '../../shared/domain/placed-rules.ts';
import type { SlateRules } from '../../shared/domain/slate-rules.ts';
import { serial } from '../process/serial.ts';
import { recordAudit } from '../store/audit.ts';
import type { Statement, Store } from '../store/open.ts';
import { slateRules } from '../store/tables.ts';

/** What an operator asks of slates. */
export interface OperatorRule {
  readonly id: string;
  readonly placement: string;
  readonly rules: SlateRules;
  readonly note: string | null;
  readonly by: string;
  /** Epoch ms. */
  readonly since: number;
  /** When it ends by itself; null: once somebody removes it. */
  readonly until: number | null;
}

export interface NewRule {
  readonly placement: ApprenticePlacement;
  readonly rules: SlateRules;
  readonly note?: string;
  readonly until?: number;
  readonly by: string;
}

/** Every edge follows within its refresh interval, also during a hold; where a rule ends, edges know when without being told. */
export interface OperatorRules {
  /** Those in force, the oldest first. */
  list(): Promise<OperatorRule[]>;
  /** @throws ApiError 409 where there are too many already. */
  add(rule: NewRule): Promise<OperatorRule>;
  /** @throws ApiError 404 where there is no such rule in force. */
  remove(id: string, by: string): Promise<void>;
}

/** All of them stand in the pointer, which every edge reads every few seconds. */
const MOST = 50;
const PREFIX = 'rule-';

export function operatorRulesOf({
  store,
  livePointer,
  nowMs,
}: {
  readonly store: Store;
  readonly livePointer: { refreshTraffic(by: string): Promise<void> };
  readonly nowMs: () => number;
}): OperatorRules {
  // Two at once would both find room, or both remove the same rule.
  const inTurn = serial();
  return {
    list: () => readInForce(store, nowMs()),
    add: (rule) => inTurn(() => add(rule)),
    remove: (id, by) => inTurn(() => remove(id, by)),
  };

  async function add({ placement, rules, note, until, by }: NewRule): Promise<OperatorRule> {
    const at = nowMs();
    const before = await readInForce(store, at);
    if (before.length >= MOST)
      throw new ApiError(
        409,
        'too_many_rules',
        `${before.length} rules hold already, and there may be ${MOST}: remove one`,
      );
    const insert = store.db.insert(slateRules).values({
      at,
      actor: by,
      placement,
      rules,
      ...(note !== undefined && { note }),
      ...(until !== undefined && { until }),
    });
    await store.write([
      insert,
      recordAudit(store, {
        at,
        actor: by,
        action: 'add slate rule',
        subject: sql<string>`(select '${sql.raw(PREFIX)}' || max(id) from ${slateRules})`,
        details: { placement, rules, note: note ?? null, until: until ?? null },
      }),
    ]);
    await livePointer.refreshTraffic(by);
    // Other backends add at the same time, and one of a moment may be over already.
    const [own] = await store.db
      .select()
      .from(slateRules)
      .where(
        and(
          eq(slateRules.at, at),
          eq(slateRules.actor, by),
          eq(slateRules.placement, placement),
          eq(slateRules.rules, rules),
        ),
      )
      .orderBy(desc(slateRules.id))
      .limit(1);
    return ruleOf(own);
  }

  async function remove(id: string, by: string): Promise<void> {
    const at = nowMs();
    const found = (await readInForce(store, at)).find((rule) => rule.id === id);
    if (found === undefined)
      throw new ApiError(404, 'unknown_rule', `no rule ${id} is in force: it ended, or never was`);
    const { placement, rules } = found;
    await store.write([
      store.db
        .update(slateRules)
        .set({ removedAt: at, removedBy: by })
        .where(eq(slateRules.id, Number(id.slice(PREFIX.length)))),
      recordAudit(store, {
        at,
        actor: by,
        action: 'remove slate rule',
        subject: id,
        details: { placement, rules },
      }),
    ]);
    await livePointer.refreshTraffic(by);
  }
}

async function readInForce({ db }: Pick<Store, 'db'>, nowMs: number): Promise<OperatorRule[]> {
  const rows = await db
    .select()
    .from(slateRules)
    .where(
      and(isNull(slateRules.removedAt), or(isNull(slateRules.until), gt(slateRules.until, nowMs))),
    )
    .orderBy(asc(slateRules.id));
  return rows.map(ruleOf);
}

const ruleOf = ({
  id,
  placement,
  rules,
  note,
  actor,
  at,
  until,
}: typeof slateRules.$inferSelect): OperatorRule => ({
  id: `${PREFIX}${id}`,
  placement,
  rules,
  note,
  by: actor,
  since: at,
  until,
});

/** As the pointer holds them; undefined where there are none. In a fixed order, as pointers are compared as text. */
export async function servedRules(
  store: Pick<Store, 'db'>,
  nowMs: number,
): Promise<readonly ServedRule[] | undefined> {
  const rules = (await readInForce(store, nowMs)).map(({ id, placement, until, rules: own }) => ({
    id,
    placement,
    ...(until !== null && { until }),
    rules: own,
  }));
  return rules.length === 0 ? undefined : rules;
}

/** Those of a pointer that was found in KV by a store that has none: a site goes on to keep to what its operators asked for. */
export const recordFoundRules = (
  store: Store,
  found: readonly ServedRule[] = [],
  nowMs: number,
): Statement[] =>
  found.flatMap(({ id, placement, until, rules }) => {
    const number = Number(id.slice(PREFIX.length));
    if (!id.startsWith(PREFIX) || !Number.isSafeInteger(number) || number < 1) return [];
    return store.db
      .insert(slateRules)
      .values({
        id: number,
        at: nowMs,
        actor: 'found in KV',
        placement,
        rules,
        ...(until !== undefined && { until }),
      })
      .onConflictDoNothing();
  });
