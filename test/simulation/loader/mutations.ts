import type { Focus } from '../world.ts';

interface Change {
  readonly file: string;
  /** The text that is replaced; it stands there exactly once. */
  readonly find: string;
  readonly replace: string;
}

export const changesOf = (mutation: Mutation): readonly Change[] => [
  mutation,
  ...(mutation.also ?? []),
];

/** A fault that is put into production code as it is loaded, to see whether the simulation finds it. */
export interface Mutation extends Change {
  /** Of letters, digits and dashes. */
  readonly name: string;
  /** Where a fault of one place would have no effect, as another place guards against the same. */
  readonly also?: readonly Change[];
  /** Nearly every world finds it. */
  readonly isCommon?: true;
  /** Worlds of which kind find it soonest; absent: those in which everything happens. */
  readonly focus?: Focus;
}

export const MUTATIONS: readonly Mutation[] = [
  {
    name: 'events-are-seen-before-they-are-stored',
    file: 'edge/collect/event-log.ts',
    find: 'return this.ctx.storage.transactionSync(store);',
    replace: 'return store();',
  },
  {
    name: 'a-shard-deletes-a-batch-that-was-not-committed',
    file: 'edge/collect/event-log.ts',
    find: "if (outcome === 'committed')",
    replace: "if (outcome !== 'refused')",
  },
  {
    name: 'a-shard-forgets-its-alarm',
    file: 'edge/collect/event-log.ts',
    find: 'if (sendMs !== undefined) return this.#arm(sendMs);',
    replace: 'if (sendMs !== undefined) { this.#alarmAtMs = sendMs; return; }',
    isCommon: true,
  },
  {
    name: 'a-shard-is-never-told-to-send',
    file: 'edge/collect/event-log.ts',
    find: 'this.#alarmAtMs > wantedMs) await this.#arm(wantedMs);',
    replace: 'this.#alarmAtMs > wantedMs) this.#alarmAtMs = wantedMs;',
    isCommon: true,
  },
  {
    name: 'any-answer-of-200-counts-as-committed',
    file: 'edge/collect/ship.ts',
    find: 'response.status === 200 && committedId(text) === batchId',
    replace: 'response.status >= 200',
  },
  {
    name: 'a-batch-id-forgets-when-its-object-was-made',
    file: 'edge/collect/log-store.ts',
    find: 'const batchId = `${this.#name}-${first}-${last}`;',
    replace: 'const batchId = `${this.#name}-${last % 5}`;',
    isCommon: true,
  },
  {
    name: 'lost-decisions-are-not-counted',
    file: 'edge/collect/decision-log.ts',
    find: 'this.#lost += lost + decisions.length;',
    replace: '',
  },
  {
    name: 'a-failed-append-is-not-tried-again-or-counted',
    file: 'edge/collect/decision-log.ts',
    find: 'await append();\n    } catch {',
    replace: 'await append();\n    } catch { return false;',
  },
  {
    name: 'the-edge-says-yes-before-a-shard-has-stored',
    file: 'edge/collect/handle-events.ts',
    find: 'return { stored: undefined, group };',
    replace: 'return { stored: { duplicates: [], tooMany: [] }, group };',
  },
  {
    name: 'visitors-without-consent-are-logged',
    file: 'edge/rank/visitor.ts',
    find: "if (consent === 'none' || sessionId === undefined)",
    replace: 'if (sessionId === undefined)',
    isCommon: true,
  },
  {
    name: 'what-visitors-without-consent-did-is-logged',
    file: 'edge/collect/decision-log.ts',
    find: "const isLogged = consent !== 'none';",
    replace: 'const isLogged = true;',
    isCommon: true,
  },
  {
    name: 'ingest-answers-before-it-has-committed',
    file: 'backend/store/group-commits.ts',
    find: 'waiting.push(one);',
    replace: 'waiting.push(one); resolve(write.map(() => 1));',
    isCommon: true,
  },
  {
    name: 'a-batch-is-noted-without-its-events',
    file: 'backend/log/ingest/ingest.ts',
    find: 'const [isNew, ...inserted] = await store.write([own, ...decisions, ...events, ...exposures], {',
    replace:
      'const [isNew] = await store.write([own]); const inserted = await store.write([...decisions, ...events, ...exposures], {',
  },
  {
    name: 'a-shard-takes-an-event-again',
    file: 'edge/collect/log-store.ts',
    find: '(fresh.delete(key) ? arrived : duplicates).push(i);',
    replace: '(fresh.delete(key) || true ? arrived : duplicates).push(i);',
  },
  {
    name: 'a-batch-that-comes-again-is-stored-again',
    file: 'backend/log/ingest/ingest.ts',
    find: 'batchId,\n      decisions: batch.decisions.length,',
    replace: 'batchId: `${batchId}-at-${nowMs}`,\n      decisions: batch.decisions.length,',
  },
  {
    name: 'a-tombstone-is-forgotten',
    file: 'backend/store/insert-rows.ts',
    find: `sql: \`case when given."userId" is null`,
    replace: `sql: \`true or case when given."userId" is null`,
    isCommon: true,
  },
  {
    name: 'erasures-are-carried-out-once-their-batch-is-stored',
    focus: 'people',
    file: 'backend/log/ingest/ingest.ts',
    find: `  await deleteLateSessions(store, named, nowMs);
  await eraseSessions(store, erasures, nowMs);
  const known`,
    replace: `  await deleteLateSessions(store, named, nowMs);
  const whole = store;
  store = Object.assign(Object.create(whole), {
    write: async (...given) => {
      const counts = await whole.write(...given);
      await eraseSessions(whole, erasures, nowMs);
      return counts;
    },
  });
  const known`,
  },
  {
    name: 'sessions-of-deleted-users-that-come-late-stay',
    focus: 'people',
    file: 'backend/log/retention/delete-late-sessions.ts',
    find: 'if (named.size === 0) return;',
    replace: 'if (named.size >= 0) return;',
  },
  {
    name: 'partitions-keep-who-was-deleted',
    focus: 'people',
    file: 'backend/log/partitions/partitions.ts',
    find: 'if (deletions <= manifest.deletions) return',
    replace: 'if (deletions >= manifest.deletions) return',
  },
  {
    name: 'a-hold-is-ignored-by-promotions',
    focus: 'pointer',
    file: 'backend/models/live-pointer-service.ts',
    find: 'if (state.hold === true) {',
    replace: 'if (state.hold === undefined && live === undefined) {',
  },
  {
    name: 'a-hold-is-ignored-by-traffic',
    focus: 'pointer',
    file: 'backend/models/live-pointer-service.ts',
    find: 'const { champion, by, placements, hold, revision } = live.pointer;',
    replace: 'const { champion, by, placements, revision } = live.pointer; const hold = undefined;',
  },
  {
    name: 'the-pointer-is-moved-without-the-lease',
    focus: 'pointer',
    file: 'backend/scheduler/lease.ts',
    find: 'for (let waitedMs = 0; !(await lease.renew()); waitedMs += RETRY_MS) {',
    replace: 'for (let waitedMs = 0; !(await lease.renew()) && false; waitedMs += RETRY_MS) {',
    // A move that did not wait for its turn fails at the first of these, and changes nothing.
    also: [
      {
        file: 'backend/models/write-pointer.ts',
        find: 'when ${moving.held} then 1',
        replace: 'when true then 1',
      },
      {
        file: 'backend/models/write-pointer.ts',
        find: 'if (!(await moving.extend()) ||',
        replace: 'if (Date.now() < 0 &&',
      },
    ],
  },
  {
    name: 'a-late-write-of-the-pointer-is-made',
    focus: 'pointer',
    file: 'edge/admin/handle-kv.ts',
    find: 'if (Date.now() >= Number(header))',
    replace: 'if (Date.now() < 0)',
  },
  {
    name: 'a-pointer-is-recorded-without-the-lease',
    focus: 'pointer',
    file: 'backend/models/write-pointer.ts',
    find: 'when ${moving.held} then 1',
    replace: 'when true then 1',
  },
  {
    name: 'a-pointer-is-written-without-a-look-at-the-lease',
    focus: 'pointer',
    file: 'backend/models/write-pointer.ts',
    find: 'if (!(await moving.extend()) ||',
    replace: 'if (Date.now() < 0 &&',
  },
  {
    name: 'a-lease-is-taken-from-whoever-holds-it',
    file: 'backend/scheduler/lease.ts',
    find: 'then ${leases.taking} <> ${taking} else ${mayTake} end`,',
    replace: 'then ${leases.taking} <> ${taking} else true end`,',
    isCommon: true,
  },
  {
    name: 'a-leader-goes-by-a-lease-that-has-expired',
    file: 'backend/scheduler/lease.ts',
    find: 'leftMs > forMs && leftMs <= ttlMs;',
    replace: 'leftMs > -Infinity;',
    isCommon: true,
  },
  {
    name: 'isolates-keep-the-weights-that-they-have',
    focus: 'pointer',
    file: 'edge/platform/refreshing-cache.ts',
    find: 'if (sinceMs > mostMs) await waitAtMost(MAX_WAIT_MS, refreshed);',
    replace: '',
    also: [
      {
        file: 'edge/rank/followed-weights.ts',
        find: 'const wasOld = (this.ageMs(nowMs) ?? 0) > this.#mostMs;',
        replace: 'const wasOld = this.#mostMs < 0;',
      },
    ],
  },
  {
    name: 'one-ranking-alone-waits-for-what-an-idle-isolate-reads',
    focus: 'pointer',
    file: 'edge/rank/followed-weights.ts',
    find: 'const wasOld = (this.ageMs(nowMs) ?? 0) > this.#mostMs;',
    replace: 'const wasOld = this.#mostMs < 0;',
    also: [
      {
        file: 'edge/platform/refreshing-cache.ts',
        find: '(this.ageMs(nowMs) ?? 0) > mostMs',
        replace: 'mostMs < 0',
      },
    ],
  },
  {
    name: 'live-weights-read-the-pointer-once',
    focus: 'pointer',
    file: 'edge/live/live-weights.ts',
    find: 'Math.abs(nowMs - this.#checkedAtMs) >= Math.min(CHECK_MS, settings.refreshMs)',
    replace: 'this.#checkedAtMs < 0',
  },
  {
    name: 'live-weights-do-not-tell-that-they-cannot-read',
    focus: 'pointer',
    file: 'edge/live/live-weights.ts',
    find: '(error) => (this.#problem = error instanceof Error ? error.message : String(error)),',
    replace: '() => (this.#problem = undefined),',
  },
  {
    name: 'an-experiment-takes-everybody',
    focus: 'pointer',
    file: 'shared/explore/assign.ts',
    find: 'from <= hash && hash < to',
    replace: 'from <= hash || hash < to',
  },
  {
    name: 'experiments-that-were-stopped-are-served',
    focus: 'pointer',
    // Three places guard against it: filters, what is loaded, and who is assigned.
    file: 'edge/rank/runnable-experiments.ts',
    find: "status === 'running'",
    replace: 'status !== undefined',
    also: [
      {
        file: 'shared/explore/assign.ts',
        find: "if (owner.status !== 'running')",
        replace: 'if (owner.status === undefined)',
      },
    ],
  },
  {
    name: 'the-account-skips-events-of-rankings-that-come-late',
    file: 'backend/log/account/classify-log.ts',
    find: `const rankings = new Map([...known, ...arrived].map((one) => [one.rankingId, one]));`,
    replace: `const rankings = new Map(known.map((one) => [one.rankingId, one]));`,
  },
  {
    name: 'the-account-moves-its-mark-before-it-stores',
    focus: 'people',
    file: 'backend/log/account/classify-log.ts',
    find: 'await store.write([moveMark(CLASSIFIED, text, next), ...storeClassified(db, found, next)]);',
    replace:
      'await store.write([moveMark(CLASSIFIED, text, next)]); await store.write(storeClassified(db, found, next));',
  },
  {
    name: 'a-shard-drops-what-the-store-does-not-have',
    focus: 'bucket',
    file: 'edge/collect/ship-to-store.ts',
    find: 'if (found?.sizeBytes === object.length && found.hash === hash)',
    replace: 'if (found !== null)',
  },
  {
    name: 'a-lost-answer-of-the-store-counts-as-a-receipt',
    focus: 'bucket',
    file: 'edge/collect/ship-to-store.ts',
    find: "return { outcome: 'unreachable', retryAfterMs: 0 };\n  } finally {",
    replace: "return { outcome: 'committed', retryAfterMs: 0 };\n  } finally {",
  },
  {
    name: 'a-lease-of-the-bucket-is-taken-from-whoever-holds-it',
    focus: 'bucket',
    file: 'backend/log/stored-batches/object-lease.ts',
    find: 'if (held !== undefined && !isFree(held, now)) return false;',
    replace: '',
  },
  {
    name: 'a-mark-of-the-bucket-moves-at-once',
    focus: 'bucket',
    file: 'backend/log/stored-batches/take-task.ts',
    find: 'at <= nowMs() - LAG_MS',
    replace: 'at > 0',
  },
];
