import { newest } from '../memory/newest.ts';
import { byReceiversClock, clockOffset } from './clock-offset.ts';
import { ApiError, invalid } from './errors.ts';
import { parseCurrency, type Currency } from './currency.ts';
import { DEFAULT_CONSENT, parseConsent, type Consent } from './consent.ts';
import { parseFilter, type Filter } from './filter.ts';
import { parseGivenId, referredItemId, type GivenId, type ItemId } from './ids.ts';
import { nfc } from './nfc.ts';
import { parseItem, type Item } from './item.ts';
import { parseLanguage, type Language } from './language.ts';
import type { MarketOfVisit } from './market-of-visit.ts';
import { parseMoment } from './moment.ts';
import { DEFAULT_PLACEMENT, parsePlacement, type Placement } from './placement.ts';
import { entriesOf, normaliseTexts, parsePreferences, type Preferences } from './preferences.ts';
import { ReadOnce } from './read-once.ts';
import { parseRelated, type RelatedItems } from './related.ts';
import { shown } from './shown.ts';
import { isWithoutRules, parseSlateRules, type SlateRules } from './slate-rules.ts';
import { unknownFields } from './unknown-fields.ts';
import { parseUserSignature } from './user-signature.ts';
import { parseHistory, type VisitorHistory } from './visitor-history.ts';

export type { Preferences, Range } from './preferences.ts';

export const MAX_CANDIDATES = 2000;
const MAX_RECENT = 500;
/** Of `exclude`. */
export const MAX_EXCLUDED = 1000;
export const MAX_LIMIT = 100;
const DEFAULT_LIMIT = 20;
/** Of the context, as JSON: reports read those of all visitors at once. */
export const MAX_CONTEXT_CHARACTERS = 4096;

/** Something that the visitor did earlier in this session. */
export interface Interaction {
  readonly itemId: ItemId;
  readonly type: string;
  /** Epoch ms. */
  readonly at: number;
}

/** Facts about the request, such as device or hour, and with consent about the visitor. */
export type RequestContext = Readonly<Record<string, string | number | boolean>>;

/** The part of a request that a ranking depends on: what features read, and which items may be shown. */
export interface Visit {
  readonly preferences: Preferences;
  readonly context: RequestContext;
  /** Oldest first. */
  readonly recent: readonly Interaction[];
  /** Only with `consent: personalise`, and where it says something. */
  readonly history?: VisitorHistory;
  /** Absent: all may be shown. */
  readonly filters?: Filter;
  /** Items that must not be shown, such as those that the visitor has bought: each once, in order of code units. */
  readonly exclude?: readonly ItemId[];
  /** Absent: the best items stand as they are drawn. */
  readonly slateRules?: SlateRules;
  /** Absent: all items that may be shown compete. */
  readonly related?: RelatedItems;
  /** What the pages above hold, from the top: it is not shown again, and positions go on behind it. */
  readonly shown?: readonly ItemId[];
  /** Where the catalogue has markets of its own: what is shown in this one, and at which prices. The edge adds it. */
  readonly market?: MarketOfVisit;
}

export interface RankRequest extends Visit {
  /** May be absent only without consent: such a ranking needs no identity. */
  readonly sessionId?: GivenId;
  readonly userId?: GivenId;
  /** What the site's server made of both ids; not checked yet. */
  readonly userSignature?: string;
  readonly placement: Placement;
  readonly consent: Consent;
  /** In the caller's order; absent: the whole live catalogue is ranked. */
  readonly candidates?: readonly Item[];
  readonly limit: number;
  readonly explain: boolean;
  /** Of amounts that name none. */
  readonly currency?: Currency;
  /** Of reasons. */
  readonly language?: Language;
  /** Columns of prices that the answer gives of each item. */
  readonly amounts?: readonly string[];
  /** Whether a cursor is asked for, by which the next page can be. */
  readonly paging?: true;
  /** Of the page before. */
  readonly cursor?: string;
  /** Top-level fields that no request has; absent if there are none. */
  readonly unknown?: readonly string[];
}

const FIELDS: ReadonlySet<string> = new Set([
  'sessionId',
  'userId',
  'userSignature',
  'placement',
  'consent',
  'preferences',
  'context',
  'demographics',
  'recent',
  'candidates',
  'filters',
  'exclude',
  'slateRules',
  'related',
  'paging',
  'cursor',
  'limit',
  'explain',
  'currency',
  'language',
  'amounts',
  'sentAt',
]);

/**
 * Reads a request. `sentAt`, when it was sent by the visitor's clock, shows how far that is off, and the moments of `recent` are
 * corrected by it.
 * @param defaultConsent of requests that state none. @param receivedAt epoch ms; only requests with `sentAt` need it.
 * @throws ApiError 400 naming the field and what is expected, also for a field that is nearly a known one.
 */
export function parseRankRequest(
  value: unknown,
  defaultConsent: Consent = DEFAULT_CONSENT,
  receivedAt?: number,
): RankRequest {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw invalid('the body must be a JSON object with a sessionId');
  }
  const raw = value as Record<string, unknown>;
  newest.asked = raw;
  const unknown = unknownFields(raw, FIELDS);
  const offset = receivedAt === undefined ? 0 : clockOffset(raw.sentAt, receivedAt);
  const candidates = raw.candidates === undefined ? undefined : parseCandidates(raw.candidates);
  const limit = raw.limit ?? DEFAULT_LIMIT;
  if (!Number.isInteger(limit) || (limit as number) < 1 || (limit as number) > MAX_LIMIT) {
    throw invalid(`limit must be a whole number from 1 to ${MAX_LIMIT}, but was ${shown(limit)}`);
  }
  const explain = raw.explain ?? false;
  if (typeof explain !== 'boolean')
    throw invalid(`explain must be true or false, but was ${shown(explain)}`);
  const consent = raw.consent === undefined ? defaultConsent : parseConsent(raw.consent);
  const isAnonymous = consent === 'none' && raw.sessionId === undefined;
  const visitor = {
    ...(!isAnonymous && { sessionId: parseGivenId(raw.sessionId, 'sessionId') }),
    ...userOf(raw),
  };
  return {
    placement: raw.placement === undefined ? DEFAULT_PLACEMENT : parsePlacement(raw.placement),
    consent,
    preferences: parsePreferences(raw.preferences ?? {}, 'preferences'),
    context: contextOf(raw.context ?? {}, raw.demographics, consent),
    limit: limit as number,
    explain,
    ...visitor,
    ...pastOf(raw.recent ?? [], consent, offset),
    ...(candidates === undefined ? {} : { candidates }),
    ...allowedBy(raw),
    ...ruledBy(raw.slateRules),
    ...relatedBy(raw.related, candidates),
    ...pagedBy(raw),
    ...localBy(raw),
    ...(unknown.length > 0 && { unknown }),
  };
}

/** A signature alone would sign nothing: the user was forgotten. */
function userOf({
  userId,
  userSignature,
}: Readonly<Record<string, unknown>>): Pick<RankRequest, 'userId' | 'userSignature'> {
  if (userId === undefined) {
    if (userSignature === undefined) return {};
    throw invalid('userSignature is of a userId, and there is none');
  }
  return {
    userId: parseGivenId(userId, 'userId'),
    ...(userSignature !== undefined && { userSignature: parseUserSignature(userSignature) }),
  };
}

function parseCandidates(value: unknown): Item[] {
  if (!Array.isArray(value) || value.length === 0 || value.length > MAX_CANDIDATES) {
    throw invalid(
      `candidates must be a list of 1 to ${MAX_CANDIDATES} items; leave it out to rank the catalogue`,
    );
  }
  const seen = new Set<string>();
  return value.map((raw, index) => {
    const item = parseItem(typeof raw === 'string' ? { id: raw } : raw);
    if (seen.has(item.id)) throw invalid(`candidates[${index}]: item ${item.id} is listed twice`);
    seen.add(item.id);
    return item;
  });
}

/** All visitors of a page send the same filters and rules, or nearly. */
const readFilters = new ReadOnce<Filter>((value) => parseFilter(value));
const readRules = new ReadOnce<SlateRules>((value) => parseSlateRules(value));

/** An empty list excludes nothing, as one that is absent. */
function allowedBy({
  filters,
  exclude,
}: Readonly<Record<string, unknown>>): Pick<Visit, 'filters' | 'exclude'> {
  const excluded = parseExcluded(exclude ?? []);
  return {
    ...((filters ?? undefined) !== undefined && { filters: readFilters.of(filters) }),
    ...(excluded.length > 0 && { exclude: excluded }),
  };
}

/** A cursor of the longest list that there can be. */
const MAX_CURSOR_CHARACTERS = 262_144;

function pagedBy({
  paging,
  cursor,
}: Readonly<Record<string, unknown>>): Pick<RankRequest, 'paging' | 'cursor'> {
  if (paging !== undefined && paging !== null && typeof paging !== 'boolean')
    throw invalid(`paging must be true or false, but was ${shown(paging)}`);
  if (cursor === undefined || cursor === null) return paging === true ? { paging } : {};
  if (typeof cursor !== 'string' || cursor.length > MAX_CURSOR_CHARACTERS)
    throw invalid(
      `cursor must be the text that the page before came with, but was ${shown(cursor)}`,
    );
  return { paging: true, cursor };
}

function localBy({
  currency,
  language,
  amounts,
}: Readonly<Record<string, unknown>>): Pick<RankRequest, 'currency' | 'language' | 'amounts'> {
  return {
    ...(isGiven(currency) && { currency: parseCurrency(currency, 'currency') }),
    ...(isGiven(language) && { language: parseLanguage(language, 'language') }),
    ...(isGiven(amounts) && { amounts: amountsOf(amounts) }),
  };
}

const isGiven = (value: unknown) => value !== undefined && value !== null;

/** A schema has no more columns of prices than these for anybody. */
const MOST_AMOUNTS = 8;

function amountsOf(value: unknown): readonly string[] {
  const fits =
    Array.isArray(value) &&
    value.length > 0 &&
    value.length <= MOST_AMOUNTS &&
    value.every((name) => typeof name === 'string' && name !== '' && name.length <= 256);
  if (fits) return [...new Set((value as string[]).map((name) => nfc(name)))];
  throw invalid(
    `amounts must be a list of 1 to ${MOST_AMOUNTS} names of columns, but was ${shown(value)}`,
  );
}

function ruledBy(value: unknown): Pick<Visit, 'slateRules'> {
  if (value === undefined || value === null) return {};
  const slateRules = readRules.of(value);
  return isWithoutRules(slateRules) ? {} : { slateRules };
}

function relatedBy(
  value: unknown,
  candidates: readonly Item[] | undefined,
): Pick<Visit, 'related'> {
  if (value === undefined || value === null) return {};
  const related = parseRelated(value);
  if (candidates === undefined) return { related };
  throw invalid('related chooses from the catalogue: leave candidates out, or related');
}

function parseExcluded(value: unknown): readonly ItemId[] {
  if (!Array.isArray(value) || value.length > MAX_EXCLUDED)
    throw invalid(
      `exclude must be a list of at most ${MAX_EXCLUDED} item ids, but was ${Array.isArray(value) ? `one of ${value.length}` : shown(value)}`,
    );
  const ids = value.map((id: unknown, i) => {
    try {
      return referredItemId(id);
    } catch (error) {
      throw error instanceof ApiError ? invalid(`exclude[${i}]: ${error.message}`) : error;
    }
  });
  return [...new Set(ids)].toSorted((a, b) => (a < b ? -1 : 1));
}

/**
 * The context, and with it who the visitor is (`demographics`, such as their age group), which features read alike. That is personal:
 * without the consent to personalise it is not even read.
 */
function contextOf(value: unknown, demographics: unknown, consent: Consent): RequestContext {
  const context = parseContext(value, 'context');
  if (demographics === undefined || consent !== 'personalise') return context;
  const personal = parseContext(demographics, 'demographics');
  const twice = Object.keys(personal).find((name) => Object.hasOwn(context, name));
  if (twice === undefined) return parseContext({ ...context, ...personal }, 'context');
  throw invalid(`"${twice.slice(0, 80)}" is in both context and demographics: send it in one`);
}

function parseContext(value: unknown, field: 'context' | 'demographics'): RequestContext {
  const entries = entriesOf(field, value).filter(([name, v]) => {
    const fits = typeof v === 'string' || typeof v === 'boolean' || Number.isFinite(v);
    if (!fits && v !== null)
      throw invalid(
        `${field}.${name.slice(0, 80)} must be text, a finite number or a boolean, but was ${shown(v)}`,
      );
    return fits;
  });
  normaliseTexts(entries);
  const context = Object.fromEntries(entries) as RequestContext;
  const { length } = JSON.stringify(context);
  if (length <= MAX_CONTEXT_CHARACTERS) return context;
  throw invalid(
    `${field} may have at most ${MAX_CONTEXT_CHARACTERS} characters as JSON, but had ${length}`,
  );
}

/**
 * `recent` is a list of what was done in this session, or an object with what was done before. The object is personal: without
 * the consent to personalise it is not even read.
 */
function pastOf(
  value: unknown,
  consent: Consent,
  offset: number,
): Pick<Visit, 'recent' | 'history'> {
  if (Array.isArray(value)) return { recent: parseRecent(value, offset) };
  if (typeof value !== 'object' || value === null)
    throw invalid(
      `recent must be a list of {itemId, type, at} or {items, searches}, but was ${shown(value)}`,
    );
  const history = consent === 'personalise' ? parseHistory(value) : undefined;
  return { recent: [], ...(history && { history }) };
}

/** @param offset what to add to each moment, ms. */
function parseRecent(value: readonly unknown[], offset: number): Interaction[] {
  // The features read only the latest interactions, so a long list is truncated rather than refused.
  return value.slice(-MAX_RECENT).map((entry, index) => {
    const raw = entry as Record<string, unknown> | null;
    if (typeof raw !== 'object' || raw === null)
      throw invalid(`recent[${index}] must be {itemId, type, at}, but was ${shown(raw)}`);
    if (typeof raw.type !== 'string' || raw.type.length > 64)
      throw invalid(
        `recent[${index}].type must be a text of at most 64 characters, but was ${shown(raw.type)}`,
      );
    const what = `recent[${index}].at`;
    const at = byReceiversClock(parseMoment(raw.at, what), offset, what);
    return { itemId: referredItemId(raw.itemId), type: nfc(raw.type), at };
  });
}
