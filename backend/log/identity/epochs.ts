import type { IdentityKey } from '../../../shared/domain/identity.ts';
import type { NewestFirst } from '../../../shared/domain/secrets.ts';
import { DAY_MS, dayOf } from '../../../shared/domain/utc-day.ts';
import { recordAudit } from '../../store/audit.ts';
import type { Store } from '../../store/open.ts';
import { readMark, setMark } from '../account/mark.ts';

const MARK = 'identity epochs';

/** Since when ids are keyed by which key. */
interface Epoch {
  readonly fingerprint: string;
  /** Epoch ms. */
  readonly since: number;
}

/**
 * Notes when ids began to be keyed by another key, and says what is wrong with the keys that are given: a person who was
 * logged under one key is another person under the next, so that a key must last as long as a person is measured, and an
 * older key is needed for as long as anything is stored under it.
 * @param keptDays how long what a person did is kept: the longest observation and horizon.
 * @returns sentences; none when all is well.
 */
export async function noteEpochs(
  store: Store,
  keys: NewestFirst<IdentityKey>,
  keptDays: number,
  nowMs: number,
): Promise<string[]> {
  const { mark: before = [] } = await readMark<readonly Epoch[]>(store.db, MARK);
  const [{ fingerprint }] = keys;
  const epochs =
    before.at(-1)?.fingerprint === fingerprint
      ? before
      : [...before, { fingerprint, since: nowMs }];
  if (epochs !== before)
    await store.write([
      setMark(store.db, MARK, epochs),
      recordAudit(store, {
        at: nowMs,
        actor: 'backend',
        action: before.length === 0 ? 'begin to key ids' : 'change the identity key',
        subject: 'identity key',
        details: { fingerprint },
      }),
    ]);
  return problemsOf(epochs, keys, keptDays, nowMs);
}

function problemsOf(
  epochs: readonly Epoch[],
  keys: NewestFirst<IdentityKey>,
  keptDays: number,
  nowMs: number,
): string[] {
  const given = new Set(keys.map(({ fingerprint }) => fingerprint));
  const keptMs = keptDays * DAY_MS;
  return epochs.slice(0, -1).flatMap(({ fingerprint, since }, i) => {
    const until = epochs[i + 1].since;
    if (nowMs - until > keptMs) return [];
    const lasted = Math.floor((until - since) / DAY_MS);
    return [
      ...(given.has(fingerprint)
        ? []
        : [
            `the identity key that ids were keyed by until ${dayOf(until)} is not among those given, so outcomes and deletions do not find what is stored under it: put it behind the new one in TRIMTAB_IDENTITY_SECRET and the edge's IDENTITY_SECRET, with a comma between`,
          ]),
      ...(until - since < keptMs
        ? [
            `the identity key was changed on ${dayOf(until)} after ${lasted} days, sooner than the ${keptDays} days over which a person is measured: who was here before counts as another person since`,
          ]
        : []),
    ];
  });
}
