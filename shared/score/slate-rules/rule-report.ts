import type { ItemId } from '../../domain/ids.ts';
import type { Visit } from '../../domain/rank-request.ts';
import type { SlateRules } from '../../domain/slate-rules.ts';
import { hasRow } from '../filter/row-bits.ts';
import type { RankableTable } from '../rankable.ts';
import type { Slate } from '../rank.ts';
import { compileRules } from './compile-rules.ts';

/** What a rule did to a page. */
export interface RuleReport {
  readonly rule: 'cap' | 'quota' | 'pin' | 'boost';
  /** `request`, `schema`, or the id of an operator's rule. */
  readonly by: string;
  /** In words, with what it was asked for. */
  readonly says: string;
  /** Whether the page keeps to it; a boost does wherever it could be applied. */
  readonly held: boolean;
  /** Of a quota and a boost: how many items of the page it counts or moves. */
  readonly items?: number;
  /** Where it does not hold: why. */
  readonly why?: string;
}

const KINDS = { caps: 'cap', quotas: 'quota', pins: 'pin', boosts: 'boost' } as const;

/**
 * What each rule of a request did to its page, in the order of the kinds.
 * @returns undefined where there are no rules.
 */
export function ruleReport(
  items: RankableTable,
  visit: Visit,
  slate: Pick<Slate, 'ids' | 'rows'>,
  limit: number,
): readonly RuleReport[] | undefined {
  const { slateRules: rules } = visit;
  const compiled = compileRules(items, visit, limit);
  if (rules === undefined || compiled === undefined) return undefined;
  const offset = visit.shown?.length ?? 0;
  const of = (
    kind: keyof SlateRules,
    list: readonly { readonly by?: string }[],
    report: (index: number) => Omit<RuleReport, 'rule' | 'by'>,
  ): RuleReport[] =>
    list.map(({ by = 'request' }, index) => {
      const problem = compiled.problems.find((one) => one.kind === kind && one.index === index);
      const said = report(index);
      return {
        rule: KINDS[kind],
        by,
        ...(problem === undefined ? said : { says: said.says, held: false, why: problem.why }),
      };
    });
  const { caps = [], quotas = [], pins = [], boosts = [] } = rules;
  return [
    ...of('caps', caps, (index) => ({
      says: `at most ${caps[index].most} of each ${caps[index].column}${caps[index].collapse ? ', and only the best of each' : ''}`,
      held: true,
    })),
    ...of('quotas', quotas, (index) => {
      const { least, within, where } = quotas[index];
      const says = `at least ${least} within ${within} with ${JSON.stringify(where)}`;
      const quota = compiled.quotas.find((one) => one.index === index);
      if (quota === undefined) return { says, held: false };
      const { bits, least: wanted, end } = quota;
      const found = slate.rows.slice(0, end).filter((row) => hasRow(bits, row)).length;
      return {
        says,
        held: found >= wanted,
        items: found,
        ...(found < wanted && { why: 'there are no more that may be shown' }),
      };
    }),
    ...of('pins', pins, (index) => {
      const { id, position } = pins[index];
      const says = `${id} at position ${position}`;
      const slot = position - 1 - offset;
      if (slot < 0 || slot >= limit) return { says, held: true };
      return slate.ids[slot] === id
        ? { says, held: true }
        : { says, held: false, why: whyNotThere(slate.ids, id) };
    }),
    ...of('boosts', boosts, (index) => {
      const { points, where, ids = [] } = boosts[index];
      const says = `${points > 0 ? '+' : ''}${points} points for ${where === undefined ? ids.join(', ') : JSON.stringify(where)}`;
      const boost = compiled.boosts.find((one) => one.index === index);
      if (boost === undefined) return { says, held: false };
      return {
        says,
        held: true,
        items: slate.rows.filter((row) => hasRow(boost.bits, row)).length,
      };
    }),
  ];
}

const whyNotThere = (ids: readonly ItemId[], id: ItemId): string =>
  ids.includes(id)
    ? 'the page has fewer items: it stands behind them'
    : 'what the request and the schema exclude is not shown';
