import { setTimeout as sleep } from 'node:timers/promises';
import { parsePlacement } from '../../../shared/domain/placement.ts';
import { json, type BackendClient } from '../../client/backend-client.ts';
import { CliError } from '../../client/failure.ts';
import type { Progress } from '../../client/progress.ts';
import type { LoggedRanking } from './logged-rankings.ts';

/** Where the logged order is kept, so that nothing changes for visitors. */
const PLACEMENT = parsePlacement('replay');

export interface MappedTarget {
  readonly edgeUrl: string;
  /** A secret key: rates of sessions count, those of the key do not. */
  readonly secretKey: string;
  readonly backend: BackendClient;
  readonly progress: (label: string, total: number, unit: string) => Progress;
}

export interface Replayed {
  readonly rankings: number;
  readonly events: number;
}

const FOLLOW_TIMEOUT_MS = 120_000;
const INGEST_TIMEOUT_MS = 180_000;
const EVENTS_PER_REQUEST = 200;
const IN_FLIGHT = 8;

/**
 * Sends logged rankings through the edge in the order in which they were shown, as an apprentice keeps it at a placement of its
 * own, and what people did as feedback. They are logged as any ranking is, with propensities of 1, and training learns from
 * them. Everything happens now: moments keep their distances.
 * @throws CliError where the edge or the backend does not follow.
 */
export async function replayRankings(
  target: MappedTarget,
  rankings: readonly LoggedRanking[],
): Promise<Replayed> {
  const { backend, progress } = target;
  const before = (await json(backend.status.$get())).counts;
  await json(backend.apprentice.$post({ json: { placement: PLACEMENT, share: 0 } }));
  try {
    const probes = await untilFollowed(target);
    const shown = progress('Replaying', rankings.length, 'rankings');
    let [done, next, events] = [0, 0, 0];
    const worker = async () => {
      for (let ranking = rankings[next++]; ranking !== undefined; ranking = rankings[next++]) {
        // Others add to the sum meanwhile: it is read once this one is over.
        const accepted = await replayOne(target, ranking);
        events += accepted;
        shown.update(++done);
      }
    };
    try {
      await Promise.all(Array.from({ length: IN_FLIGHT }, worker));
    } finally {
      shown.stop();
    }
    await untilIngested(target, {
      decisions: before.decisions + probes + rankings.length,
      events: before.events + events,
    });
    return { rankings: rankings.length, events };
  } finally {
    await json(backend.apprentice.$post({ json: { placement: PLACEMENT, share: null } }));
  }
}

interface Answer {
  readonly rankingId: string;
  readonly token: string;
  readonly siteOrder?: boolean;
  readonly items: readonly { readonly id: string }[];
}

async function post<T>(
  { edgeUrl, secretKey }: MappedTarget,
  path: string,
  body: unknown,
): Promise<T> {
  const response = await fetch(`${edgeUrl}${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${secretKey}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  const text = await response.text();
  if (!response.ok)
    throw new CliError(`${edgeUrl}${path} answered ${response.status}: ${text.slice(0, 300)}`);
  return JSON.parse(text) as T;
}

/** @returns how many rankings it asked for, which are logged as of nobody. */
async function untilFollowed(target: MappedTarget): Promise<number> {
  const deadlineMs = performance.now() + FOLLOW_TIMEOUT_MS;
  for (let asked = 1; ; asked++) {
    const body = { consent: 'none', placement: PLACEMENT, candidates: ['probe'], limit: 1 };
    const { siteOrder } = await post<Answer>(target, '/v1/rank', body);
    if (siteOrder === true) return asked;
    if (performance.now() > deadlineMs)
      throw new CliError(
        `the edge did not keep the order that it was given within ${FOLLOW_TIMEOUT_MS / 1000} s: is it of an older Trimtab?`,
      );
    await sleep(250);
  }
}

/** @returns how many events were accepted. */
async function replayOne(target: MappedTarget, logged: LoggedRanking): Promise<number> {
  const { sessionId, userId, itemIds, actions } = logged;
  const { rankingId, token, siteOrder } = await post<Answer>(target, '/v1/rank', {
    sessionId,
    userId,
    placement: PLACEMENT,
    candidates: itemIds,
    limit: itemIds.length,
  });
  if (siteOrder !== true)
    throw new CliError('the edge no longer keeps the order that it was given: was it changed?');
  let accepted = 0;
  for (let from = 0; from < actions.length; from += EVENTS_PER_REQUEST) {
    const events = actions.slice(from, from + EVENTS_PER_REQUEST).map(({ type, itemId }, i) => ({
      eventId: `${rankingId}-${from + i}`,
      type,
      rankingId,
      itemId,
      position: 1 + itemIds.indexOf(itemId),
      timestamp: Date.now(),
      token,
    }));
    const answer = await post<{ accepted: number; rejected: readonly { message: string }[] }>(
      target,
      '/v1/events',
      events,
    );
    if (answer.rejected.length > 0)
      throw new CliError(
        `${answer.rejected.length} events were rejected, the first: ${answer.rejected[0].message}`,
      );
    accepted += answer.accepted;
  }
  return accepted;
}

async function untilIngested(
  { backend }: MappedTarget,
  wanted: { readonly decisions: number; readonly events: number },
): Promise<void> {
  const deadlineMs = performance.now() + INGEST_TIMEOUT_MS;
  for (;;) {
    const { counts } = await json(backend.status.$get());
    if (counts.decisions >= wanted.decisions && counts.events >= wanted.events) return;
    if (performance.now() > deadlineMs)
      throw new CliError(
        `after ${INGEST_TIMEOUT_MS / 1000} s the backend has ${counts.decisions} rankings and ${counts.events} events of ${wanted.decisions} and ${wanted.events}: does the edge reach it?`,
      );
    await sleep(250);
  }
}
