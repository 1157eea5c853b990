import { createExecutionContext, waitOnExecutionContext } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { afterEach, expect, it, vi } from 'vitest';
import { DecisionLog } from '../../../edge/collect/decision-log.ts';
import { settingsOf } from '../../../edge/platform/settings.ts';
import { parseRankingId, parseSessionId } from '../../../shared/domain/ids.ts';
import { parseRankRequest } from '../../../shared/domain/rank-request.ts';
import { decisions } from '../../golden/artifacts.ts';
import { fakeBackend, shipAll } from '../support/backend.ts';

afterEach(() => vi.restoreAllMocks());

it('a decision whose shadow fails is logged without, and those beside it with theirs', async () => {
  const errors = vi.spyOn(console, 'error').mockReturnValue();
  const log = new DecisionLog(env, settingsOf(env));
  const ctx = createExecutionContext();
  const rankRequest = parseRankRequest({ sessionId: 's-1' });
  const [{ request: _, ...first }] = decisions;
  const shadow = { version: first.weights, itemIds: first.itemIds };
  const at = Date.now();
  const add = (rankingId: string, score: () => typeof shadow) =>
    log.add(
      { ...first, at, rankingId: parseRankingId(rankingId), sessionId: parseSessionId('s-1') },
      { rankRequest, scoreShadow: score },
      ctx,
    );
  add('fails', () => {
    throw new Error('too deep');
  });
  add('works', () => shadow);
  await waitOnExecutionContext(ctx);
  const backend = fakeBackend();
  await shipAll();
  const logged = backend.sent.flatMap((batch) => batch.decisions);
  expect(logged.map(({ rankingId }) => rankingId)).toEqual(['fails', 'works']);
  expect(logged[0]).not.toHaveProperty('shadow');
  expect(logged[1].shadow).toEqual(shadow);
  expect(errors.mock.lastCall?.[0]).toMatch(/ranking fails could not be scored in shadow/);
});
