import { ApiError, invalid } from './errors.ts';
import { parseFilter, type Filter } from './filter.ts';
import { referredItemId, type ItemId } from './ids.ts';
import { nfc } from './nfc.ts';
import { shown } from './shown.ts';

/**
 * What a slate has to keep to besides being of the best items (docs/slate-rules.md). All of it is part of the draw, so that each slot's
 * propensity is that of the draw under these rules. They are called slate rules, as `rules` are weights given by hand.
 */
export interface SlateRules {
  readonly caps?: readonly CapRule[];
  readonly quotas?: readonly QuotaRule[];
  readonly pins?: readonly PinRule[];
  readonly boosts?: readonly BoostRule[];
}

/** Who asks for a rule: `schema`, or the id of an operator's rule; absent: the request. */
interface Asked {
  readonly by?: string;
}

/** At most so many items of a page with the same value of a column; of a set, with each of its values. */
export interface CapRule extends Asked {
  readonly column: string;
  readonly most: number;
  /** Only the `most` best items of each value compete at all, on all pages together: one trip, with its best departure. */
  readonly collapse?: true;
}

/** At least so many items that fulfil a condition within the first `within` of a page. */
export interface QuotaRule extends Asked {
  readonly where: Filter;
  readonly least: number;
  readonly within: number;
}

/** An item at a position, counted from 1 over all pages. */
export interface PinRule extends Asked {
  readonly id: ItemId;
  readonly position: number;
}

/** Points added to items when the slate is drawn, or taken from them. */
export interface BoostRule extends Asked {
  readonly points: number;
  /** One of the two is there. */
  readonly where?: Filter;
  readonly ids?: readonly ItemId[];
}

/** How many of each there may be in one request, schema or operator's rule. */
export const SLATE_RULE_LIMITS = {
  caps: 4,
  quotas: 4,
  pins: 20,
  boosts: 4,
  /** Of `most`, `least` and `within`. */
  items: 100,
  /** Positions of pins. */
  position: 1000,
  /** Points of a boost, up or down. */
  points: 1000,
  ids: 200,
} as const;

const KINDS = ['caps', 'quotas', 'pins', 'boosts'] as const;

/**
 * Reads rules into one form. Any unknown field is refused: a rule that is not understood would show what must not be shown.
 * @param path names the rules in errors. @throws ApiError 400 naming the part that is wrong.
 */
export function parseSlateRules(value: unknown, path = 'slateRules'): SlateRules {
  const raw = objectOf(value, path, KINDS);
  const caps = listOf(raw.caps, `${path}.caps`, SLATE_RULE_LIMITS.caps, capOf);
  const quotas = listOf(raw.quotas, `${path}.quotas`, SLATE_RULE_LIMITS.quotas, quotaOf);
  const pins = listOf(raw.pins, `${path}.pins`, SLATE_RULE_LIMITS.pins, pinOf);
  const boosts = listOf(raw.boosts, `${path}.boosts`, SLATE_RULE_LIMITS.boosts, boostOf);
  pins.forEach(({ id, position }, i) => {
    const before = pins.slice(0, i);
    if (before.some((other) => other.position === position))
      throw invalid(`${path}.pins[${i}]: position ${position} has a pin already`);
    if (before.some((other) => other.id === id))
      throw invalid(`${path}.pins[${i}]: item ${id} is pinned already`);
  });
  return rulesOf({ caps, quotas, pins, boosts });
}

/** Whether there is none. */
export const isWithoutRules = (rules: SlateRules): boolean =>
  KINDS.every((kind) => (rules[kind] ?? []).length === 0);

/**
 * All of them together. Each has to hold; where two pins want one position, or one item has two, the first of them is kept.
 * @param all by precedence. @returns undefined where there are none.
 */
export function joinedRules(all: readonly SlateRules[]): SlateRules | undefined {
  if (all.length === 0) return undefined;
  if (all.length === 1) return isWithoutRules(all[0]) ? undefined : all[0];
  const [positions, ids] = [new Set<number>(), new Set<ItemId>()];
  const pins = all
    .flatMap((one) => one.pins ?? [])
    .filter(({ id, position }) => {
      if (positions.has(position) || ids.has(id)) return false;
      positions.add(position);
      ids.add(id);
      return true;
    });
  const joined = rulesOf({
    caps: all.flatMap((one) => one.caps ?? []),
    quotas: all.flatMap((one) => one.quotas ?? []),
    pins,
    boosts: all.flatMap((one) => one.boosts ?? []),
  });
  return isWithoutRules(joined) ? undefined : joined;
}

/** The same rules, with who asks for them. */
export const askedBy = (rules: SlateRules, by: string): SlateRules => {
  const named = <T>(list: readonly T[] = []) => list.map((one) => ({ ...one, by }));
  return rulesOf({
    caps: named(rules.caps),
    quotas: named(rules.quotas),
    pins: named(rules.pins),
    boosts: named(rules.boosts),
  });
};

const rulesOf = ({ caps, quotas, pins, boosts }: Required<SlateRules>): SlateRules => ({
  ...(caps.length > 0 && { caps }),
  ...(quotas.length > 0 && { quotas }),
  ...(pins.length > 0 && { pins }),
  ...(boosts.length > 0 && { boosts }),
});

/** As an edge logged them, with who asked. @throws ApiError 400. */
export function parseLoggedRules(value: unknown): SlateRules {
  const raw = (value ?? {}) as Readonly<Record<string, unknown>>;
  const all = KINDS.flatMap((kind) =>
    ((raw[kind] ?? []) as readonly Record<string, unknown>[]).map(({ by, ...rule }) => {
      const one = parseSlateRules({ [kind]: [rule] });
      return typeof by === 'string' ? askedBy(one, by) : one;
    }),
  );
  return joinedRules(all) ?? {};
}

function capOf(value: unknown, path: string): CapRule {
  const { column, most, collapse } = objectOf(value, path, ['column', 'most', 'collapse']);
  if (collapse !== undefined && typeof collapse !== 'boolean')
    throw invalid(`${path}.collapse must be true or false, but was ${shown(collapse)}`);
  return {
    column: columnOf(column, `${path}.column`),
    most: wholeOf(most ?? 1, `${path}.most`, SLATE_RULE_LIMITS.items),
    ...(collapse === true && { collapse }),
  };
}

function quotaOf(value: unknown, path: string): QuotaRule {
  const { where, least, within } = objectOf(value, path, ['where', 'least', 'within']);
  const quota = {
    where: parseFilter(where, `${path}.where`),
    least: wholeOf(least, `${path}.least`, SLATE_RULE_LIMITS.items),
    within: wholeOf(within, `${path}.within`, SLATE_RULE_LIMITS.items),
  };
  if (quota.least <= quota.within) return quota;
  throw invalid(
    `${path}: at least ${quota.least} within ${quota.within} is more than there is room for`,
  );
}

function pinOf(value: unknown, path: string): PinRule {
  const { id, position } = objectOf(value, path, ['id', 'position']);
  return {
    id: idOf(id, `${path}.id`),
    position: wholeOf(position, `${path}.position`, SLATE_RULE_LIMITS.position),
  };
}

function boostOf(value: unknown, path: string): BoostRule {
  const { where, ids, points } = objectOf(value, path, ['where', 'ids', 'points']);
  const most = SLATE_RULE_LIMITS.points;
  if (!(typeof points === 'number' && Math.abs(points) <= most && points !== 0))
    throw invalid(
      `${path}.points must be a number from -${most} to ${most} and not 0, but was ${shown(points)}`,
    );
  if ((where === undefined) === (ids === undefined))
    throw invalid(`${path} must have either where, a filter, or ids, a list of items`);
  return ids === undefined
    ? { where: parseFilter(where, `${path}.where`), points }
    : { ids: listOf(ids, `${path}.ids`, SLATE_RULE_LIMITS.ids, idOf), points };
}

function objectOf(
  value: unknown,
  path: string,
  fields: readonly string[],
): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw invalid(`${path} must be {${fields.join(', ')}}, but was ${shown(value)}`);
  const other = Object.keys(value).find((name) => !fields.includes(name));
  if (other === undefined) return value as Readonly<Record<string, unknown>>;
  throw invalid(`${path} has no field "${other.slice(0, 64)}": it may have ${fields.join(', ')}`);
}

function listOf<T>(
  value: unknown,
  path: string,
  most: number,
  read: (one: unknown, path: string) => T,
): readonly T[] {
  if (value === undefined) return [];
  if (!Array.isArray(value) || value.length > most)
    throw invalid(
      `${path} must be a list of at most ${most}, but was ${Array.isArray(value) ? `one of ${value.length}` : shown(value)}`,
    );
  return value.map((one, i) => read(one, `${path}[${i}]`));
}

function columnOf(value: unknown, path: string): string {
  if (typeof value === 'string' && value !== '' && value.length <= 256) return nfc(value);
  throw invalid(`${path} must be the name of a column, but was ${shown(value)}`);
}

function wholeOf(value: unknown, path: string, most: number): number {
  if (Number.isInteger(value) && (value as number) >= 1 && (value as number) <= most)
    return value as number;
  throw invalid(`${path} must be a whole number from 1 to ${most}, but was ${shown(value)}`);
}

function idOf(value: unknown, path: string): ItemId {
  try {
    return referredItemId(value);
  } catch (error) {
    throw error instanceof ApiError ? invalid(`${path}: ${error.message}`) : error;
  }
}
