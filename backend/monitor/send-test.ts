import { ApiError } from '../../shared/domain/errors.ts';
import { reasonOf } from '../process/logger.ts';
import { recordAudit } from '../store/audit.ts';
import type { Store } from '../store/open.ts';
import type { Channel, ChannelName } from './channel.ts';
import { testNotice } from './notice.ts';

export interface Tried {
  readonly channel: ChannelName;
  /** Why it did not take the test; null: it did. */
  readonly problem: string | null;
}

/**
 * Sends a test to one channel, or to all that are set, at the same time and once.
 * @throws ApiError 409 where the channel, or any, is not set.
 */
export async function sendTest(
  { store, channels }: { readonly store: Store; readonly channels: readonly Channel[] },
  { only, by, nowMs }: { readonly only?: ChannelName; readonly by: string; readonly nowMs: number },
): Promise<Tried[]> {
  const tried = channels.filter(({ name }) => only === undefined || name === only);
  if (tried.length === 0)
    throw new ApiError(
      409,
      'no_channel',
      only === undefined
        ? 'no channel is set, so alerts are in the log, in "trimtab alerts" and on the dashboard alone: docs/alerts.md says how to set one'
        : `the channel ${only} is not set: docs/alerts.md says how to`,
    );
  const results = await Promise.all(
    tried.map(async ({ name, send }): Promise<Tried> => {
      try {
        await send(testNotice(by, nowMs), nowMs);
        return { channel: name, problem: null };
      } catch (error) {
        return { channel: name, problem: reasonOf(error) };
      }
    }),
  );
  await store.write([
    recordAudit(store, {
      at: nowMs,
      actor: by,
      action: 'test alert channels',
      subject: results.map(({ channel }) => channel).join(', '),
      details: Object.fromEntries(results.map(({ channel, problem }) => [channel, problem])),
    }),
  ]);
  return results;
}
