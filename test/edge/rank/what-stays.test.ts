import { createExecutionContext, waitOnExecutionContext } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { afterEach, expect, it, vi } from 'vitest';
import { RateLimits } from '../../../edge/http/rate-limits.ts';
import { settingsOf } from '../../../edge/platform/settings.ts';
import { rankOnce } from '../../../edge/rank/handle-rank.ts';
import { rankState } from '../../../edge/rank/rank-state.ts';
import { beginNewest, newest } from '../../../shared/memory/newest.ts';

afterEach(() => vi.restoreAllMocks());

/** Whether a text is anywhere in what stays of the last requests. */
function stays(text: string): boolean {
  const seen = new Set<unknown>();
  const waiting: unknown[] = [];
  for (let i = 0; i < 8; i++) {
    beginNewest(false);
    waiting.push(newest);
  }
  for (let one = waiting.pop(); one !== undefined; one = waiting.pop()) {
    if (typeof one === 'string' && one.includes(text)) return true;
    if (typeof one !== 'object' || one === null || seen.has(one)) continue;
    seen.add(one);
    const parts = ArrayBuffer.isView(one) ? [] : [...Object.keys(one), ...Object.values(one)];
    if (one instanceof Map) parts.push(...one.keys(), ...one.values());
    waiting.push(...parts.filter((part) => part !== undefined && part !== null));
  }
  return false;
}

const bodyOf = (name: string, candidates: number, note: string) => ({
  sessionId: `session-of-${name}`,
  consent: 'measure',
  limit: 5,
  candidates: Array.from({ length: candidates }, (_, i) => ({
    id: `${name}-${i}`,
    price: 100 + i,
    note,
  })),
});

it('of a large request nothing stays, also where small ones are answered while it waits', async () => {
  const settings = settingsOf(env);
  const state = { ...rankState(env, settings), env, rateLimits: new RateLimits(env, settings) };
  vi.spyOn(env.EVENT_LOG, 'get').mockReturnValue({
    appendDecisions: async () => undefined,
  } as never);
  const ctx = createExecutionContext();
  const rank = (body: object, counted: number) => {
    const caller = {
      role: 'publishable' as const,
      pinned: undefined,
      cell: () => 'what-stays',
      counted,
      nowMs: Date.now(),
    };
    return rankOnce(body, caller, state, ctx);
  };
  const large = bodyOf('large', 500, 'x'.repeat(200));
  const small = bodyOf('small', 5, '');
  await Promise.all([rank(large, 2), rank(small, 1)]);
  await waitOnExecutionContext(ctx);
  expect(stays('large-')).toBe(false);
  // One that is refused begins last.
  const [, , refused] = await Promise.allSettled([rank(small, 1), rank(large, 2), rank({}, 1)]);
  expect(refused.status).toBe('rejected');
  await waitOnExecutionContext(ctx);
  expect(stays('small-4')).toBe(true);
  expect(stays('large-')).toBe(false);
});
