import { readFile, stat } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { sql } from 'drizzle-orm';
import { ApiError, invalid } from '../../../shared/domain/errors.ts';
import { parseExchangeRates, type ExchangeRates } from '../../../shared/domain/exchange-rates.ts';
import { dayOf } from '../../../shared/domain/utc-day.ts';
import { messageOf } from '../../../shared/text/message-of.ts';
import type { Outbound } from '../../outbound/outbound.ts';
import { shownAddress } from '../../process/address.ts';
import { recordAudit } from '../../store/audit.ts';
import type { Store } from '../../store/open.ts';
import { exchangeRates as rows, feeds as states } from '../../store/tables.ts';
import { atMost, receivedWhole } from '../feeds/answer-body.ts';
import { recordRefusal } from '../feeds/record-refusal.ts';
import { requestFeed } from '../feeds/request-feed.ts';
import { refuseImplausible } from './compare-rates.ts';
import { parseRatesFeed } from './parse-rates.ts';
import { readRates } from '../read-trade.ts';
import { clientOf } from '../../store/read-text.ts';
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
    const before = await readRates(clientOf(store.db));
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
    const at = nowMs();
    const state = { name: RATES_FEED, askedAt: at, takenAt: at };
    const ended = { ...state, problem: null, refusedSince: null };
    const details = { base: next.base, currencies: Object.keys(next.perBase).length };
    await store.write([
      db.insert(states).values(ended).onConflictDoUpdate({ target: states.name, set: ended }),
      ...(isSame
        ? []
        : [
            db.insert(rows).values({ ...next, takenAt: at }),
            db.delete(rows).where(sql`${rows.id} <= (select max(id) from ${rows}) - ${KEPT}`),
            recordAudit(store, {
              at,
              actor,
              action: 'take exchange rates',
              subject: next.day,
              details,
            }),
          ]),
    ]);
    if (!isSame) changed();
    return { day: next.day, ...details, changed: !isSame };
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
        const refused = {
          name: RATES_FEED,
          said: 'exchange rates are refused',
          code: 'rates_refused',
          action: 'refuse exchange rates',
          actor,
        };
        throw await recordRefusal(store, refused, error, { nowMs: nowMs(), log });
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
  try {
    const { size } = await stat(file);
    if (size <= MOST_BYTES) return await readFile(file, 'utf8');
  } catch (error) {
    throw invalid(`${file} cannot be read (${messageOf(error)})`);
  }
  throw invalid(`${file} is larger than ${MOST_BYTES} bytes`);
}

async function download(outbound: Outbound, url: string): Promise<string> {
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  const headers = {
    'user-agent': 'trimtab',
    accept: 'application/json, application/xml, */*;q=0.5',
  };
  try {
    const answer = await requestFeed(outbound, new URL(url), headers, [], signal);
    try {
      if (answer.statusCode !== 200) throw invalid(`their server answers ${answer.statusCode}`);
      return await text(atMost(receivedWhole(answer), MOST_BYTES, tooLarge));
    } finally {
      answer.destroy();
    }
  } catch (error) {
    throw signal.aborted ? invalid(`they take longer than ${TIMEOUT_MS / 1000} s`) : error;
  }
}

const tooLarge = () => invalid(`they are larger than ${MOST_BYTES} bytes`);
