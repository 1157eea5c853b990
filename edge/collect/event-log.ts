import { DurableObject } from 'cloudflare:workers';
import { settingsOf, type Env } from '../env.ts';
import { backoffMs } from './backoff.ts';
import { LogStore, type EventEntry } from './log-store.ts';
import { ship } from './ship.ts';

const HOUR_MS = 60 * 60 * 1000;
/** Longer than any token lives, so an event that comes again is known again. */
const KEEP_SEEN_MS = 48 * HOUR_MS;
/** An alarm that has sent for so long lets the next one go on. */
const MAX_ALARM_MS = 20_000;
/** After a failure that is not the backend's. */
const REST_MS = 60_000;

/**
 * One shard of the log: takes decisions and feedback, durable before it answers, and ships them in batches.
 * What the backend has not committed stays; what it has been sent twice it stores once.
 */
export class EventLog extends DurableObject<Env> {
  readonly #store: LogStore;
  /** Epoch ms; null: none is set; undefined: not known since the object woke. */
  #alarmAtMs: number | null | undefined;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.#store = new LogStore(ctx.storage.sql, ctx.id.toString().slice(0, 16), Date.now());
  }

  async appendDecisions(bytes: Uint8Array): Promise<void> {
    this.#store.addDecisions(bytes);
    await this.#shipSoon();
  }

  /** @returns how many were new. */
  async appendEvents(events: readonly EventEntry[]): Promise<number> {
    const fresh = this.#store.addEvents(events, Date.now());
    if (fresh > 0) await this.#shipSoon();
    return fresh;
  }

  override async alarm(): Promise<void> {
    const endMs = Date.now() + MAX_ALARM_MS;
    let restMs = 0;
    this.#alarmAtMs = null;
    try {
      const settings = settingsOf(this.env);
      for (let nowMs = Date.now(); nowMs < endMs; nowMs = Date.now()) {
        const batch = this.#store.next(nowMs);
        if (batch === undefined) break;
        const outcome = await ship(batch.batchId, this.#store.bytesOf(batch), settings);
        if (outcome === 'committed') this.#store.forget(batch);
        else {
          const notBeforeMs = Date.now() + backoffMs(batch.attempts, Math.random());
          this.#store.postpone(batch, notBeforeMs, outcome === 'unreachable');
        }
      }
      this.#store.purgeSeen(Date.now() - Math.max(KEEP_SEEN_MS, 2 * settings.tokenTtlMs));
    } catch (error) {
      console.error('the log could not be shipped, and will be tried again', error);
      restMs = REST_MS;
    } finally {
      await this.#rearm(Date.now() + restMs);
    }
  }

  /** Sets the alarm, unless it rings early enough as it is. */
  async #shipSoon(): Promise<void> {
    const nowMs = Date.now();
    const { shipIntervalMs } = settingsOf(this.env);
    const wantedMs = Math.max(nowMs + shipIntervalMs, this.#store.nextSendMs(nowMs) ?? 0);
    if (this.#alarmAtMs === undefined) this.#alarmAtMs = await this.ctx.storage.getAlarm();
    if (this.#alarmAtMs === null || this.#alarmAtMs > wantedMs) await this.#arm(wantedMs);
  }

  async #rearm(earliestMs: number): Promise<void> {
    const sendMs = this.#store.nextSendMs(earliestMs);
    if (sendMs !== undefined) return this.#arm(sendMs);
    const oldestMs = this.#store.oldestSeenMs();
    if (oldestMs !== undefined)
      await this.#arm(Math.max(oldestMs + KEEP_SEEN_MS, earliestMs) + HOUR_MS);
  }

  async #arm(atMs: number): Promise<void> {
    this.#alarmAtMs = atMs;
    await this.ctx.storage.setAlarm(atMs);
  }
}
