import { createExecutionContext, waitOnExecutionContext } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { afterEach, expect, it, vi } from 'vitest';
import { DecisionLog } from '../../../edge/collect/decision-log.ts';
import { settingsOf } from '../../../edge/platform/settings.ts';
import { parseRankRequest } from '../../../shared/domain/rank-request.ts';
import { decisionsFromBytes } from '../../../shared/format/decision-bytes.ts';
import { decisionOf } from '../../backend/support/decisions.ts';

afterEach(() => vi.restoreAllMocks());

const BATCH = 256;

/** Adds so many full batches at once. @returns how many decisions were logged, and how many of them with a shadow. */
async function logAtOnce(batches: number) {
  const logged: boolean[] = [];
  vi.spyOn(env.EVENT_LOG, 'get').mockReturnValue({
    appendDecisions: async (bytes: Uint8Array) => {
      logged.push(...decisionsFromBytes(bytes).map(({ shadow }) => shadow !== undefined));
    },
  } as never);
  const log = new DecisionLog(env, settingsOf(env));
  const ctx = createExecutionContext();
  const rankRequest = parseRankRequest({ consent: 'none' }, 'none', Date.now());
  for (let n = 0; n < batches * BATCH; n++) {
    const { request: _, shadow: __, ...decision } = decisionOf(`r${n}`, { at: Date.now() });
    const { weights: version, itemIds } = decision;
    log.add(decision, { rankRequest, scoreShadow: () => ({ version, itemIds }) }, ctx);
  }
  await waitOnExecutionContext(ctx);
  return { logged: logged.length, shadows: logged.filter(Boolean).length };
}

it('scores in shadow while the isolate keeps up, and logs all decisions without where it does not', async () => {
  expect(await logAtOnce(2)).toEqual({ logged: 2 * BATCH, shadows: 2 * BATCH });
  vi.restoreAllMocks();
  const { logged, shadows } = await logAtOnce(11);
  expect(logged).toBe(11 * BATCH);
  expect(shadows).toBeLessThanOrEqual(8 * BATCH);
  expect(shadows).toBeGreaterThan(0);
});
