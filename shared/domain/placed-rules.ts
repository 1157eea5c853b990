import { EVERYWHERE, isApprenticePlacement } from './apprentice.ts';
import type { Placement } from './placement.ts';
import { ReadOnce } from './read-once.ts';
import { askedBy, joinedRules, parseSlateRules, type SlateRules } from './slate-rules.ts';

/** Rules by placement, as a schema has them; those of `*` hold at all placements, besides a placement's own. */
export type PlacedRules = Readonly<Record<string, SlateRules>>;

/** What an operator asks of slates, as the pointer holds it. */
export interface ServedRule {
  readonly id: string;
  /** `*`: everywhere. */
  readonly placement: string;
  /** Epoch ms: from then on it does not hold any more. */
  readonly until?: number;
  readonly rules: SlateRules;
}

/** @throws ApiError 400. */
export function parsePlacedRules(value: unknown): PlacedRules {
  const entries = Object.entries((value ?? {}) as Record<string, unknown>);
  return Object.fromEntries(
    entries.map(([placement, rules]) => [
      placement,
      parseSlateRules(rules, `slateRules.${placement}`),
    ]),
  );
}

/** Reads the `slateRules` of a pointer. One that cannot be read is left out: a pointer that was edited by hand must not break a ranking. */
export function readServedRules(value: unknown): readonly ServedRule[] | undefined {
  if (!Array.isArray(value)) return undefined;
  return value.flatMap((one: unknown): ServedRule[] => {
    try {
      const { id, placement, until, rules } = one as Record<string, unknown>;
      if (typeof id !== 'string' || !isApprenticePlacement(placement)) return [];
      if (until !== undefined && !Number.isFinite(until)) return [];
      const own = parseSlateRules(rules);
      return [
        { id, placement, ...(until !== undefined && { until: until as number }), rules: own },
      ];
    } catch {
      return [];
    }
  });
}

export interface RuleSources {
  readonly request: SlateRules | undefined;
  readonly operators: readonly ServedRule[] | undefined;
  readonly schema: PlacedRules | undefined;
}

/**
 * All rules that hold for a ranking, each with who asks for it: of pins that want one position those of operators come first, then those of the
 * request, then those of the schema.
 * @returns undefined where there are none.
 */
export function rulesInForce(
  { request, operators, schema }: RuleSources,
  placement: Placement,
  nowMs: number,
): SlateRules | undefined {
  if (operators === undefined && schema === undefined) return request;
  const isHere = (where: string) => where === placement || where === EVERYWHERE;
  const own = (operators ?? [])
    .filter((rule) => isHere(rule.placement) && (rule.until === undefined || nowMs < rule.until))
    .map((rule) => named(rule.rules, rule.id));
  const standing = [placement, EVERYWHERE].flatMap((where) =>
    schema !== undefined && Object.hasOwn(schema, where) ? [named(schema[where], SCHEMA)] : [],
  );
  const all = [...own, ...(request === undefined ? [] : [request]), ...standing];
  // The same object for all requests, of which what is made of it is kept.
  if (all.length < 2) return all[0];
  // By the request's own, of which there are most.
  const of = request ?? all[0];
  const before = joint.get(of);
  if (
    before !== undefined &&
    before.all.length === all.length &&
    all.every((one, i) => one === before.all[i])
  )
    return before.rules;
  const rules = joinedRules(all);
  joint.set(of, { all, rules });
  return rules;
}

const SCHEMA = 'schema';

const joint = new WeakMap<
  SlateRules,
  { readonly all: readonly SlateRules[]; readonly rules: SlateRules | undefined }
>();
const withNames = new WeakMap<SlateRules, SlateRules>();
/** A pointer is read anew every few seconds: its rules are other objects then, and what is kept by them is of the same rules. */
const namedOnce = new ReadOnce((value) => {
  const [by, rules] = value as readonly [string, SlateRules];
  return askedBy(rules, by);
});

function named(rules: SlateRules, by: string): SlateRules {
  let own = withNames.get(rules);
  if (own === undefined) withNames.set(rules, (own = namedOnce.of([by, rules])));
  return own;
}
