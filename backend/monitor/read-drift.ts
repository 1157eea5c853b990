import { and, eq, gte, lt } from 'drizzle-orm';
import { RULES_VERSION, type Version } from '../../shared/domain/ids.ts';
import { boundsOf, DAY_MS, dayOf, startOfDay } from '../../shared/domain/utc-day.ts';
import type { Schema } from '../../shared/features/schema.ts';
import { additiveFromPoints, type Scorer } from '../../shared/score/scorer.ts';
import type { CatalogueSample } from '../catalogue/catalogue-sample.ts';
import { daysWithSamples, keepDailySample, readDailySample } from '../catalogue/daily-samples.ts';
import type { Account } from '../log/account/account.ts';
import { daysWithRankings } from '../log/account/log-mark.ts';
import type { Span } from '../log/account/span.ts';
import { readLoggedRequests } from '../log/logged-requests.ts';
import { believedTime } from '../log/log-time.ts';
import { placementsOf, pointerAt } from '../../shared/domain/pointer-at.ts';
import type { Pointer } from '../../shared/domain/pointer.ts';
import { scopeOf, type LineageScope } from '../models/lineage-scope.ts';
import { readLive } from '../models/live-pointer.ts';
import type { Versions } from '../models/versions.ts';
import type { LearningWindow } from '../science/training/choose-window.ts';
import type { Store } from '../store/open.ts';
import { alerts, weights } from '../store/tables.ts';
import { shiftsBetween, turnover, turnoverText, type Shift } from './drift.ts';
import { found, tooLittleData, type FailedPart, type Observation } from './finding.ts';
import { withoutSeason, type Seasonal } from './season.ts';
import type { MonitorSettings } from './settings.ts';
import { worldOf, type World, type WorldDay } from './world.ts';

export interface DriftDeps {
  readonly store: Store;
  readonly account: Pick<Account, 'update'>;
  readonly versions: Pick<Versions, 'load'>;
  readonly liveSchema: () => Promise<Schema>;
  /** Samples the catalogue as it is now. */
  readonly sampleCatalogue: (schema: Schema) => Promise<CatalogueSample>;
  readonly settings: MonitorSettings;
}

const KEY = 'drift';
const WEEK_MS = 7 * DAY_MS;
/** Whole weeks, so that the weekday is the same. */
const YEAR_MS = 52 * WEEK_MS;
const WORST = 5;

/**
 * Compares the world of yesterday with that of the same weekdays of the champion's training window, because much depends on
 * the weekday; with all days of the window where those have too few visitors. The world is what no champion chooses: see
 * `world.ts`. Requests of a day meet the catalogue as it was on that day, of which a sample is kept daily; days without one
 * tell nothing. What is season (`season.ts`) is noted and is no finding.
 */
export function driftMonitor(deps: DriftDeps) {
  const { store, account } = deps;
  const checks = new Map<string, ReturnType<typeof driftOf>>();
  const checkOf = (lineage: string | null) => {
    const key = keyOf(lineage);
    const known = checks.get(key) ?? driftOf(deps, lineage);
    checks.set(key, known);
    return known;
  };
  return async (nowMs: number): Promise<Observation> => {
    await account.update();
    const pointer = (await readLive(store))?.pointer;
    const all: Observation[] = [];
    const failed: FailedPart[] = [];
    for (const lineage of [null, ...(pointer === undefined ? [] : placementsOf(pointer))])
      try {
        all.push(await checkOf(lineage)(nowMs, pointer));
      } catch (error) {
        failed.push({
          of: lineage === null ? 'the default lineage' : `placement ${lineage}`,
          error,
        });
        all.push(tooLittleData(keyOf(lineage)));
      }
    // Then it is nothing of a lineage's own.
    if (failed.length === all.length) throw failed[0].error;
    const noted = all.flatMap((one) => one.noted ?? []);
    return {
      findings: all.flatMap(({ findings }) => findings),
      unknown: all.flatMap(({ unknown }) => unknown),
      ...(noted.length > 0 && { noted }),
      ...(failed.length > 0 && { failed }),
    };
  };
}

/** The condition of one lineage. @param lineage its placement; null: the default one. */
const keyOf = (lineage: string | null): string =>
  lineage === null ? KEY : `${KEY} at placement ${lineage}`;

/** Whose rankings are looked at, and by what they are read. */
interface Look {
  readonly scorer: Scorer;
  readonly scope: LineageScope;
}

/** The check of one lineage, by its own rankings and champion. */
function driftOf(deps: DriftDeps, lineage: string | null) {
  const { store, versions, settings } = deps;
  const key = keyOf(lineage);
  const { minSessions, sampleRankings } = settings.drift;
  let cached: { readonly of: string; readonly reference: World } | undefined;
  let noted: string | undefined;

  /** @param starts first milliseconds of days, in order. @returns undefined where they have too few visitors. */
  const read = async (
    { scorer, scope }: Look,
    starts: readonly number[],
  ): Promise<World | undefined> => {
    const { hash } = scorer.schema;
    const known = await daysWithSamples(store, hash, starts);
    const spans = known.map((day) => boundsOf(dayOf(day)));
    const requests = await readLoggedRequests(store.db, hash, spans, sampleRankings, scope);
    const days: WorldDay[] = [];
    for (const day of known) {
      const own = requests.filter(({ at }) => at >= day && at < day + DAY_MS);
      const catalogue = await readDailySample(store, hash, day);
      if (catalogue !== undefined && own.length > 0) days.push({ catalogue, requests: own });
    }
    if (days.length === 0) return undefined;
    const world = await worldOf(scorer, days);
    return world.visitors < minSessions ? undefined : world;
  };

  const referenceOf = async (look: Look, version: Version, span: Span, yesterday: number) => {
    const { hash } = look.scorer.schema;
    const ranked = await daysWithRankings(store.db, hash, span);
    const days = await daysWithSamples(store, hash, ranked);
    const of = [version, yesterday, JSON.stringify(look.scope), ...days].join(' ');
    if (cached?.of === of) return cached.reference;
    const alike = days.filter((day) => (yesterday - day) % WEEK_MS === 0);
    const reference = (await read(look, alike)) ?? (await read(look, days));
    if (reference !== undefined) cached = { of, reference };
    return reference;
  };

  return async (nowMs: number, pointer: Pointer | undefined): Promise<Observation> => {
    // By a clock that jumped, today's catalogue would stand for a day that is still to come.
    const today = await believedTime(store.db, nowMs);
    const yesterday = startOfDay(dayOf(nowMs - DAY_MS));
    const own = pointer && pointerAt(pointer, lineage ?? undefined);
    const version = own?.champion ?? RULES_VERSION;
    const { schema } = await versions.load(version);
    const sampled = lineage === null ? await deps.liveSchema() : schema;
    await keepDailySample(store, sampled, deps.sampleCatalogue, today);
    const look = { scorer: rulesOf(schema), scope: scopeOf(pointer, lineage) };
    const current = await read(look, [yesterday]);
    if (current === undefined) return tooLittleData(key);
    const learned = await learnedFrom(store, version, yesterday);
    if (learned === undefined) return tooLittleData(key);
    const reference = await referenceOf(look, version, learned, yesterday);
    if (reference === undefined) return tooLittleData(key);
    const names = schema.features.map(({ name }) => name);
    const shifts = (from: World, to: World) => shiftsBetween(names, from, to, settings.drift);
    const before = (ms: number) => () => read(look, [yesterday - ms]);
    const { drifted, seasonal } = await withoutSeason(
      shifts(reference, current),
      reference,
      current,
      {
        yearAgo: before(YEAR_MS),
        weekAgo: before(WEEK_MS),
        between: [1, 2, 3, 4, 5, 6].map((days) => before(days * DAY_MS)),
        alerted: () => alertedIn(store, key, { from: learned.from, to: yesterday + DAY_MS }),
      },
      (from, to) => new Set(shifts(from, to).map(({ of }) => of)),
    );
    const season = seasonText(seasonal);
    const isNews = season !== undefined && noted !== `${yesterday} ${season}`;
    if (isNews) noted = `${yesterday} ${season}`;
    return {
      ...(drifted.length > 0
        ? foundDrift({ version, lineage }, reference, current, drifted, season)
        : found()),
      ...(isNews && { noted: [`${key}: ${season}`] }),
    };
  };
}

/** The one scorer of all days: rules stand in the schema, so that no promotion exchanges them. */
const rulesOf = (schema: Schema): Scorer =>
  additiveFromPoints(schema, schema.rules, { version: RULES_VERSION, name: 'rules' });

/** One alert for all that drifted: a change of the catalogue or of the visitors moves much at once. */
function foundDrift(
  { version: champion, lineage }: { readonly version: Version; readonly lineage: string | null },
  reference: World,
  current: World,
  drifted: readonly Shift[],
  season: string | undefined,
): Observation {
  const shown = drifted
    .slice(0, WORST)
    .map(({ says }) => says)
    .join(', ');
  const more = drifted.length > WORST ? ` and ${drifted.length - WORST} more` : '';
  const items = turnover(reference.catalogue, current.catalogue);
  return found({
    key: keyOf(lineage),
    kind: KEY,
    message: [
      `the world${lineage === null ? '' : ` at placement ${lineage}`} has drifted from what ${champion} learned from: ${shown}${more}`,
      turnoverText(items),
      ...(season === undefined ? [] : [season]),
    ].join('; '),
    details: {
      champion,
      ...(lineage !== null && { placement: lineage }),
      sessions: current.visitors,
      moved: drifted.map(({ of, figures }) => ({ feature: of, ...figures })),
      ...items,
    },
  });
}

/** What alerts of drift named that were last seen in a span, `to` excluded. One that is open is seen at every look. */
async function alertedIn(
  { db }: Store,
  key: string,
  { from, to }: Span,
): Promise<ReadonlySet<string>> {
  const rows = await db
    .select({ details: alerts.details })
    .from(alerts)
    .where(and(eq(alerts.key, key), gte(alerts.lastSeenAt, from), lt(alerts.lastSeenAt, to)));
  return new Set(
    rows.flatMap(({ details: { moved } }) =>
      // Alerts from before it was of the world may hold something else.
      Array.isArray(moved)
        ? moved.map((one: { readonly feature?: string }) => one.feature ?? '')
        : [],
    ),
  );
}

function seasonText(seasonal: readonly Seasonal[]): string | undefined {
  if (seasonal.length === 0) return undefined;
  const each = seasonal.map(({ shift, like }) => `${shift.of} as ${like}`);
  return `season and no drift: ${each.join(', ')}`;
}

/**
 * The window that a version learned from, or the latest part of it where that alone was, up to `before` (epoch ms): the day
 * that is compared is not part of the reference.
 * @returns undefined for a version that learned from no data: the rules, or weights that somebody uploaded.
 */
async function learnedFrom(
  store: Store,
  version: Version,
  before: number,
): Promise<Span | undefined> {
  const [row] = await store.db
    .select({ lineage: weights.lineage })
    .from(weights)
    .where(eq(weights.version, version));
  const { window, learnedFrom: latest } = (row?.lineage ?? {}) as {
    readonly window?: Span;
    readonly learnedFrom?: Pick<LearningWindow, 'fromMs'>;
  };
  return (
    window && {
      from: Math.max(window.from, latest?.fromMs ?? window.from),
      to: Math.min(window.to, before - 1),
    }
  );
}
