import type { SimulatedRequest, SimulatedResponse } from '../kernel/messages.ts';
import type { Isolate } from '../platform/edge.ts';
import type { World } from '../world.ts';
import type { Consent } from '../../../shared/domain/consent.ts';

interface Answer {
  readonly rankingId: string;
  readonly token: string;
  readonly accepted?: number;
  readonly rejected?: readonly { readonly index: number }[];
}

interface Asked {
  readonly sessionId: string;
  readonly userId?: string;
  readonly consent: Consent;
  readonly events: readonly { readonly rankingId: string; readonly eventId: string }[];
  readonly tokens: readonly string[];
}

/** Takes down in the ledger what the edge answers, at the moment at which it answers. */
export function takeDown(
  { ledger, simulation, servedCheck }: World,
  isolate: Isolate,
  request: SimulatedRequest,
  response: SimulatedResponse,
): void {
  const path = request.url.slice(request.url.indexOf('/', 'http://'.length));
  if (!path.startsWith('/v1/') || path.startsWith('/v1/kv/')) return;
  if (response.status === 500)
    simulation.violate('the edge says what is wrong', `${path} was answered 500`);

  if (response.status >= 300) return;
  const asked = JSON.parse(decode(request.bytes)) as Asked;
  const answer = JSON.parse(decode(response.bytes)) as Answer;
  const atMs = simulation.nowMs;
  if (path === '/v1/rank') {
    const { sessionId, userId, consent } = asked;
    const { rankingId, token } = answer;
    ledger.shown({ rankingId, atMs, sessionId, userId, consent, token, isolate });
    if (userId !== undefined && consent !== 'none') {
      const users = ledger.usersOfSession.get(sessionId) ?? new Set<string>();
      ledger.usersOfSession.set(sessionId, users.add(userId));
    }
    servedCheck.served(isolate, asked, answer as never);
  } else if (path === '/v1/events') {
    const rejected = new Set(answer.rejected?.map(({ index }) => index));
    // All events of a request are of one ranking.
    const [{ rankingId: ofRanking }] = asked.events;
    const { sent, accepted } = ledger.acceptedOf(ofRanking);
    for (const { eventId } of asked.events) sent.add(eventId);
    ledger.accepted.set(ofRanking, { sent, accepted: accepted + (answer.accepted ?? 0) });
    if (accepted + (answer.accepted ?? 0) > sent.size)
      simulation.violate(
        'an event is accepted once',
        `of ${sent.size} events of ranking ${ofRanking} ${accepted + (answer.accepted ?? 0)} were accepted`,
      );
    asked.events.forEach(({ rankingId, eventId }, index) => {
      if (!rejected.has(index))
        ledger.events.set(`${rankingId} ${eventId}`, { rankingId, eventId, atMs });
    });
  } else if (path === '/v1/forget')
    for (const token of asked.tokens) {
      const ranking = ledger.rankingOfToken.get(token);
      if (ranking !== undefined && ranking.consent !== 'none')
        ledger.forgottenSessions.set(ranking.sessionId, atMs);
    }
}

const decoder = new TextDecoder();
const decode = (bytes: Uint8Array): string => decoder.decode(bytes);
