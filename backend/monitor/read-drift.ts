import { RULES_VERSION, type Version } from '../../shared/domain/ids.ts';
import { eq } from 'drizzle-orm';
import { readLive } from '../models/live-pointer.ts';
import type { Versions } from '../models/versions.ts';
import type { Store } from '../store/open.ts';
import { weights } from '../store/tables.ts';
import type { Account } from '../log/account/account.ts';
import { daysWithRankings } from '../log/account/log-mark.ts';
import type { Span } from '../log/account/span.ts';
import { boundsOf, DAY_MS, dayOf } from '../../shared/domain/utc-day.ts';
import { tooLittleData, type Observation } from './finding.ts';
import { findDrift, profileOf, type Profile } from './drift.ts';
import type { MonitorSettings } from './settings.ts';
import { readLoggedCodes, slateSample } from './slate-sample.ts';

export interface DriftDeps {
  readonly store: Store;
  readonly account: Pick<Account, 'update'>;
  readonly versions: Pick<Versions, 'load'>;
  readonly settings: MonitorSettings;
}

const WEEK_MS = 7 * DAY_MS;

/**
 * Compares yesterday with the same weekdays of the champion's training window, because features may depend on the
 * weekday; with all days of the window where it has too few of that weekday. The reference is read once per champion and day.
 */
export function driftMonitor({ store, account, versions, settings }: DriftDeps) {
  let cached: { readonly of: string; readonly reference: Profile } | undefined;
  return async (nowMs: number): Promise<Observation> => {
    await account.update();
    const { sampleRankings, minSessions } = settings.drift;
    const yesterday = boundsOf(dayOf(nowMs - DAY_MS));
    const version = (await readLive(store))?.pointer.champion ?? RULES_VERSION;
    const champion = await versions.load(version);
    const { hash, features } = champion.schema;
    const sample = async (starts: readonly number[]) =>
      slateSample(await readLoggedCodes(store, hash, starts, sampleRankings), features.length);
    const recent = await sample([yesterday.from]);
    if (recent.sessions < minSessions) return tooLittleData('drift');
    const of = `${version} ${yesterday.from}`;
    if (cached?.of !== of) {
      const span = await learnedFrom(store, version, yesterday.from);
      if (span === undefined) return tooLittleData('drift');
      const days = await daysWithRankings(store.db, hash, span);
      const alike = await sample(days.filter((start) => (yesterday.from - start) % WEEK_MS === 0));
      const reference = alike.sessions < minSessions ? await sample(days) : alike;
      if (reference.sessions < minSessions) return tooLittleData('drift');
      cached = { of, reference: profileOf(champion, reference) };
    }
    const current = profileOf(champion, recent, cached.reference.scores.edges);
    return findDrift(
      features.map(({ name }) => name),
      cached.reference,
      current,
      settings.drift,
    );
  };
}

/**
 * The window that a version learned from, up to `before` (epoch ms): the day that is compared is not part of the reference.
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
  const window = row?.lineage.window as Span | undefined;
  return window && { from: window.from, to: Math.min(window.to, before - 1) };
}
