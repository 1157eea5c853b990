import { ApiError } from '../../shared/domain/errors.ts';
import { RULES_VERSION, type Version } from '../../shared/domain/ids.ts';
import { parsePointer, type Pointer } from '../../shared/domain/pointer.ts';
import { readLive, recordAudit, recordLive } from '../publish/live-pointer.ts';
import { lookAtPointer, sinceOf } from '../publish/pointer-watch.ts';
import type { Publisher } from '../publish/publisher.ts';
import type { Store } from '../store/open.ts';
import { findPointer } from './find-pointer.ts';
import { serial } from './serial.ts';
import type { Versions } from './versions.ts';

/** The one room that moves the pointer, one move at a time. `by` goes into the audit log. */
export interface Rollout {
  /** @throws ApiError 409 `on_hold` after a rollback, until released; 404 for an unknown version. */
  promote(version: Version, by: string): Promise<void>;
  /** Everyone gets the version, and nothing else goes live until released. */
  rollback(version: Version, by: string): Promise<void>;
  /** Lifts the hold; the champion stays. */
  release(by: string): Promise<void>;
  /** Makes store and KV agree again: notices moves by hand, restores what KV lost, publishes what waits. */
  watch(): Promise<void>;
}

export interface RolloutDeps {
  readonly store: Store;
  readonly publisher: Publisher;
  readonly versions: Versions;
  readonly settleMs: number;
  readonly nowMs: () => number;
  /** Another scorer is live, perhaps of another schema; or KV had lost everything. */
  readonly onMoved: (kvWasLost: boolean) => void;
}

export function rollout({
  store,
  publisher,
  versions,
  settleMs,
  nowMs,
  onMoved,
}: RolloutDeps): Rollout {
  const inTurn = serial();

  const move = async (pointer: Pointer, text: string, action: string, kvWasLost = false) => {
    const live = await readLive(store);
    for (const version of versionsOf(pointer)) await publisher.publishVersion(version);
    // The intention is recorded first, so that a move cut short is not taken for somebody's hand.
    if (live !== undefined) await store.write([recordLive(store, { ...live, intended: text })]);
    await publisher.writePointer(text);
    const at = nowMs();
    const details = { text, ...(live && { before: live.text }) };
    await store.write([
      recordLive(store, {
        pointer,
        text,
        since: sinceOf(live, pointer, at),
        ...(live && { before: live.text }),
      }),
      recordAudit(store, {
        at,
        actor: pointer.by ?? 'backend',
        action,
        subject: pointer.champion,
        details,
      }),
    ]);
    onMoved(kvWasLost);
  };

  const look = async () => {
    const found = await lookAtPointer(publisher, store, settleMs, nowMs());
    if (found === 'moved') onMoved(false);
    if (found === 'not ours') await findPointer({ store, publisher, versions, nowMs });
    if (found !== 'absent') return;
    const live = await readLive(store);
    if (live !== undefined) {
      await publisher.forgetPublications();
      if (await exists(live.pointer))
        await move({ ...live.pointer, at: nowMs() }, live.text, 'restore', true);
      else {
        // A hand had named a version that does not exist: edges went on with the one before, and so does this.
        const before = parsePointer(live.before ?? '');
        const isGood = before !== undefined && (await exists(before));
        const champion = isGood ? before.champion : RULES_VERSION;
        await signed({ champion, hold: true, by: 'backend' }, 'restore', true);
      }
    } else await signed({ champion: RULES_VERSION, by: 'backend' }, 'first publish');
  };

  const exists = (pointer: Pointer): Promise<boolean> =>
    Promise.all(versionsOf(pointer).map((version) => versions.load(version))).then(
      () => true,
      (error: unknown) => {
        if (error instanceof ApiError && error.status === 404) return false;
        throw error;
      },
    );

  const signed = (pointer: Pointer, action: string, kvWasLost = false) => {
    const stamped = { ...pointer, at: nowMs() };
    return move(stamped, JSON.stringify(stamped), action, kvWasLost);
  };

  return {
    promote: (version, by) =>
      inTurn(async () => {
        await versions.load(version);
        await look();
        const live = await readLive(store);
        if (live?.pointer.hold === true) {
          throw new ApiError(
            409,
            'on_hold',
            `${live.pointer.champion} is held since ${new Date(live.pointer.at ?? live.since).toISOString()} (by ${live.pointer.by ?? 'hand'}), so ${version} stays stored: release first`,
          );
        }
        await signed({ ...live?.pointer, champion: version, by }, 'promote');
      }),

    rollback: (version, by) =>
      inTurn(async () => {
        await versions.load(version);
        await look();
        // The bare id is what ops write by hand: every reader of the pointer does the same for both.
        await move({ champion: version, hold: true, by, at: nowMs() }, version, 'rollback');
      }),

    release: (by) =>
      inTurn(async () => {
        await look();
        const live = await readLive(store);
        if (live?.pointer.hold !== true)
          throw new ApiError(409, 'not_held', 'nothing is held: there is nothing to release');
        const { hold: _, ...pointer } = live.pointer;
        await versions.load(pointer.champion);
        await signed({ ...pointer, by }, 'release');
      }),

    watch: () =>
      inTurn(async () => {
        await look();
        for (const version of await publisher.unpublished())
          await publisher.publishVersion(version);
      }),
  };
}

const versionsOf = ({ champion, arms = {} }: Pointer): Version[] => [
  ...new Set([champion, ...Object.values(arms)]),
];
