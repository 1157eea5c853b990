import { DurableObject } from 'cloudflare:workers';
import { traceHeaders, type TraceContext } from '../../shared/trace/trace-context.ts';
import type { ShardWaiting } from '../../shared/domain/edge-check.ts';
import type { EventEntry, EventLogObject, StoredEvents } from '../platform/durable-objects.ts';
import type { Env } from '../platform/env.ts';
import { batchHash } from '../../shared/format/stored-batch.ts';
import { settingsOf, type Settings } from '../platform/settings.ts';
import { Tracing } from '../platform/tracing.ts';
import { backoffMs, LONGEST_BACKOFF_MS } from './backoff.ts';
import { LogStore, type SealedBatch } from './log-store.ts';
import { shipToStore } from './ship-to-store.ts';
import { ship } from './ship.ts';
import { WaitingTraces } from './waiting-traces.ts';

const HOUR_MS = 60 * 60 * 1000;
/** How long event ids are kept. A token expires earlier, so a repeated event is always recognised. */
const KEEP_SEEN_MS = 48 * HOUR_MS;
/** How long one alarm may keep shipping; the next alarm continues. */
const MAX_ALARM_MS = 20_000;
/** Pause after a failure in this object itself, such as missing settings. */
const PAUSE_AFTER_FAILURE_MS = 60_000;

/**
 * One shard of the event log. It stores decisions and feedback events durably before it answers, and ships them to
 * the backend in batches, or into a store from which backends take them. A batch is deleted only when the backend has committed it
 * or the store has it, so a batch may be sent more than once; the backend stores it once.
 */
export class EventLog extends DurableObject<Env> implements EventLogObject {
  readonly #store: LogStore;
  /** Epoch ms of the next alarm; null if none is set; undefined until it is read after the object starts. */
  #alarmAtMs: number | null | undefined;
  readonly #traces = new WaitingTraces();
  #tracing: Tracing | undefined;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.#store = new LogStore(ctx.storage.sql, ctx.id.toString().slice(0, 16), Date.now());
  }

  async appendDecisions(
    bytes: Uint8Array,
    lost = 0,
    traces: readonly TraceContext[] = [],
  ): Promise<void> {
    this.#atOnce(() => {
      this.#store.addDecisions(bytes);
      if (lost > 0) this.#store.addLost(lost);
    });
    if (traces.length > 0) this.#traces.add(traces, this.#store.newestSeq());
    await this.#shipSoon();
  }

  async storeEvents(
    events: readonly EventEntry[],
    mayRefuse = false,
    trace?: TraceContext,
  ): Promise<StoredEvents> {
    const { eventCaps, maxShardBytes } = settingsOf(this.env);
    if (mayRefuse && this.ctx.storage.sql.databaseSize > maxShardBytes) {
      await this.#shipSoon();
      return { duplicates: [], tooMany: [], isFull: true };
    }
    const stored = this.#atOnce(() => this.#store.addEvents(events, eventCaps, Date.now()));
    const { duplicates, tooMany } = stored;
    if (tooMany.length > 0)
      console.warn(`${tooMany.length} of ${events.length} events were too many of their ranking`);
    if (duplicates.length + tooMany.length < events.length) {
      if (trace !== undefined) this.#traces.add([trace], this.#store.newestSeq());
      await this.#shipSoon();
    }
    return stored;
  }

  /**
   * All of it or nothing. A statement that fails takes no earlier one back by itself: events that were noted as seen and could
   * not be stored would count as duplicates when they are sent again, and be lost.
   */
  #atOnce<T>(store: () => T): T {
    return this.ctx.storage.transactionSync(store);
  }

  async waiting(): Promise<ShardWaiting> {
    return this.#store.waiting();
  }

  override async alarm(): Promise<void> {
    const endMs = Date.now() + MAX_ALARM_MS;
    let pauseMs = 0;
    this.#alarmAtMs = null;
    try {
      const settings = settingsOf(this.env);
      this.#tracing ??= settings.traces && new Tracing(settings.traces);
      for (let nowMs = Date.now(); nowMs < endMs; nowMs = Date.now()) {
        const batch = this.#store.next(nowMs);
        if (batch === undefined) break;
        const span = this.#tracing && this.#traces.begin(this.#tracing.spans, batch);
        const { outcome, retryAfterMs, storedAs } = await this.#send(
          batch,
          settings,
          span && traceHeaders(span.context),
        );
        span?.set({ 'trimtab.attempts': batch.attempts + 1 }).end(outcome !== 'committed');
        if (outcome === 'committed') {
          this.#atOnce(() => {
            if (storedAs !== undefined) this.#store.keepReceipt(batch, storedAs, Date.now());
            this.#store.deleteCommitted(batch);
          });
          this.#traces.done(batch);
        } else {
          const waitMs = Math.max(
            backoffMs(batch.attempts, Math.random()),
            Math.min(retryAfterMs, LONGEST_BACKOFF_MS),
          );
          this.#store.postpone(batch, Date.now() + waitMs, outcome === 'unreachable');
        }
      }
      this.#store.purgeSeen(Date.now() - Math.max(KEEP_SEEN_MS, 2 * settings.tokenTtlMs));
    } catch (error) {
      console.error('the event log could not be shipped; it will be tried again', error);
      pauseMs = PAUSE_AFTER_FAILURE_MS;
    } finally {
      await this.#rearm(Date.now() + pauseMs);
      if (this.#tracing !== undefined) this.ctx.waitUntil(this.#tracing.send());
    }
  }

  /** To the backend, or into the store, whichever is configured now: a batch may have been sent the other way before. */
  async #send(
    batch: SealedBatch,
    settings: Settings,
    trace?: Readonly<Record<string, string>>,
  ): ReturnType<typeof shipToStore> {
    const bytes = this.#store.bytesOf(batch);
    const { logStore } = settings;
    if (logStore === undefined) return ship(batch.batchId, bytes, settings, trace);
    const sealedAt = this.#store.sealedAt(batch, Date.now());
    const hash = batchHash(bytes);
    return shipToStore(batch.batchId, bytes, { hash, sealedAt }, logStore, settings);
  }

  /** Makes sure that an alarm is set for when the waiting entries should be shipped. */
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
