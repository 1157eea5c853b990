import { readFile, stat } from 'node:fs/promises';
import { desc, eq } from 'drizzle-orm';
import { ApiError, invalid } from '../../../shared/domain/errors.ts';
import { parseExchangeRates, type ExchangeRates } from '../../../shared/domain/exchange-rates.ts';
import { dayOf } from '../../../shared/domain/utc-day.ts';
import { messageOf } from '../../../shared/text/message-of.ts';
import type { Outbound } from '../../outbound/outbound.ts';
import { shownAddress } from '../../process/address.ts';
import { recordAudit } from '../../store/audit.ts';
import type { Store } from '../../store/open.ts';
import { exchangeRates as rows, feeds as states } from '../../store/tables.ts';
import { requestFeed } from '../feeds/request-feed.ts';
import { refuseImplausible } from './compare-rates.ts';
import { parseRatesFeed } from './parse-rates.ts';
import { ratesInForce } from '../read-trade.ts';
import type { ExchangeRateSettings } from './settings.ts';

/** Among the states of feeds; no feed of items can have this name. */
export const RATES_FEED = 'exchange rates';

const MOST_BYTES = 1_000_000;
const TIMEOUT_MS = 30_000;
/** Of rates that were in force once; those of published snapshots are in these. */
const KEPT = 1000;

export interface RatesRead {
  readonly day: string;
  readonly base: string;
  /** How many currencies besides the base. */
  readonly currencies: number;
  /** Whether they are others than before. */
  readonly changed: boolean;
}

export interface ExchangeRatesService {
  /** Where they come from, without what of it is secret; undefined where there are none. */
  readonly source: string | undefined;
  readonly settings: ExchangeRateSettings | undefined;
  /**
   * Brings the rates up to date. @throws ApiError 404 where no source is configured; 422 `rates_refused` saying why, once that is recorded.
   */
  read(options: { readonly actor: string; readonly anyChange?: boolean }): Promise<RatesRead>;
}

export function exchangeRatesOf({
  store,
  settings,
  outbound,
  changed,
  onRead,
  nowMs,
  log,
}: {
  readonly store: Store;
  readonly settings: ExchangeRateSettings | undefined;
  readonly outbound: Outbound;
  /** What is published depends on them. */
  readonly changed: () => void;
  /** Does not throw. */
  readonly onRead: () => Promise<void>;
  readonly nowMs: () => number;
  readonly log: (message: string) => void;
}): ExchangeRatesService {
  const take = async (next: ExchangeRates, actor: string, anyChange: boolean) => {
    const before = await ratesInForce(store.db);
    const { maxChange } = settings!;
    // What the configuration says is what somebody wrote.
    const isWritten = settings!.perBase !== undefined;
    if (!isWritten) refuseImplausible(next, before, { maxChange, nowMs: nowMs(), anyChange });
    const isSame =
      before !== undefined &&
      before.base === next.base &&
      JSON.stringify(before.perBase) === JSON.stringify(next.perBase) &&
      (isWritten || before.day === next.day);
    const { db } = store;
    const state = { name: RATES_FEED, askedAt: nowMs(), takenAt: nowMs() };
    const ended = { ...state, problem: null, refusedSince: null };
    await store.write([
      db.insert(states).values(ended).onConflictDoUpdate({ target: states.name, set: ended }),
      ...(isSame
        ? []
        : [
            db.insert(rows).values({ ...next, takenAt: nowMs() }),
            recordAudit(store, {
              at: nowMs(),
              actor,
              action: 'take exchange rates',
              subject: next.day,
              details: { base: next.base, currencies: Object.keys(next.perBase).length },
            }),
          ]),
    ]);
    if (!isSame) {
      await prune();
      changed();
    }
    return {
      day: next.day,
      base: next.base,
      currencies: Object.keys(next.perBase).length,
      changed: !isSame,
    };
  };

  const prune = async () => {
    const kept = store.db
      .select({ id: rows.id })
      .from(rows)
      .orderBy(desc(rows.id))
      .limit(1)
      .offset(KEPT);
    const [oldest] = await kept;
    if (oldest !== undefined)
      await store.write([store.db.delete(rows).where(eq(rows.id, oldest.id))]);
  };

  const refused = async (error: unknown): Promise<never> => {
    const problem = messageOf(error);
    const [before] = await store.db.select().from(states).where(eq(states.name, RATES_FEED));
    const now = {
      name: RATES_FEED,
      askedAt: nowMs(),
      problem,
      refusedSince: before?.refusedSince ?? nowMs(),
    };
    await store.write([
      store.db.insert(states).values(now).onConflictDoUpdate({ target: states.name, set: now }),
    ]);
    if (before?.problem !== problem) log(`exchange rates are refused: ${problem}`);
    throw new ApiError(422, 'rates_refused', `the exchange rates are refused: ${problem}`);
  };

  return {
    source: sourceOf(settings),
    settings,
    async read({ actor, anyChange = false }) {
      if (settings === undefined)
        throw new ApiError(
          404,
          'not_found',
          'no exchange rates are configured: exchangeRates of the configuration says where they come from',
        );
      try {
        const next = await newest(settings, outbound, nowMs());
        return await take(next, actor, anyChange);
      } catch (error) {
        return await refused(error);
      } finally {
        await onRead();
      }
    },
  };
}

function sourceOf(settings: ExchangeRateSettings | undefined): string | undefined {
  if (settings?.url !== undefined) return shownAddress(settings.url);
  return settings && (settings.file ?? 'the configuration');
}

async function newest(
  { base, perBase, url, file }: ExchangeRateSettings,
  outbound: Outbound,
  nowMs: number,
): Promise<ExchangeRates> {
  if (perBase !== undefined) return parseExchangeRates({ base, day: dayOf(nowMs), perBase });
  return parseRatesFeed(file === undefined ? await download(outbound, url!) : await fileText(file));
}

async function fileText(file: string): Promise<string> {
  const { size } = await stat(file);
  if (size > MOST_BYTES) throw invalid(`${file} is larger than ${MOST_BYTES} bytes`);
  return readFile(file, 'utf8');
}

async function download(outbound: Outbound, url: string): Promise<string> {
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  const headers = {
    'user-agent': 'trimtab',
    accept: 'application/json, application/xml, */*;q=0.5',
  };
  const answer = await requestFeed(outbound, new URL(url), headers, [], signal);
  try {
    if (answer.statusCode !== 200) throw invalid(`their server answers ${answer.statusCode}`);
    const chunks: Buffer[] = [];
    let size = 0;
    for await (const chunk of answer as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > MOST_BYTES) throw invalid(`they are larger than ${MOST_BYTES} bytes`);
      chunks.push(chunk);
    }
    if (!answer.complete) throw invalid('the connection ended before all of them had come');
    return Buffer.concat(chunks).toString('utf8');
  } finally {
    answer.destroy();
  }
}
