import { env } from 'cloudflare:workers';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { identityKey } from '../../../shared/domain/identity.ts';
import type { ItemId } from '../../../shared/domain/ids.ts';
import { verifyToken } from '../../../shared/domain/token.ts';
import { smarttrip } from '../../../shared/features/smarttrip.ts';
import { tokenInClear } from '../../support/token-in-clear.ts';
import { fakeBackend, shipAll } from '../support/backend.ts';
import { coldIsolate, PUBLISHABLE, type Isolate } from '../support/edge.ts';
import { eventually } from '../support/eventually.ts';
import { keyedSession, keyedUser } from '../support/keyed.ts';
import { publishItems, publishScorer } from '../support/publish.ts';
import { clickOn, rank, type RankAnswer } from '../support/rank.ts';
import { openTrips } from '../support/trips.ts';

let isolate: Isolate;

beforeAll(async () => {
  await publishItems(openTrips(5));
  await publishScorer('v000001');
  isolate = coldIsolate();
});

afterEach(() => vi.restoreAllMocks());

const send = async (events: unknown, to = isolate) =>
  (await to.fetch('/v1/events', { key: PUBLISHABLE, body: events })).json();

/** Everything that was shipped, once the decision of a ranking is among it. */
async function shipped(answer: RankAnswer) {
  const backend = fakeBackend();
  await eventually(async () => {
    await shipAll();
    const decisions = backend.sent.flatMap((batch) => batch.decisions);
    expect(decisions.map(({ rankingId }) => String(rankingId))).toContain(answer.rankingId);
  });
  await shipAll();
  const own = <T extends { readonly rankingId: string }>(all: readonly T[]) =>
    all.filter(({ rankingId }) => rankingId === answer.rankingId);
  return {
    decision: own(backend.sent.flatMap((batch) => batch.decisions))[0],
    events: own(backend.sent.flatMap((batch) => batch.events)),
    text: backend.sentBytes.map((bytes) => new TextDecoder().decode(bytes)).join('\n'),
  };
}

describe('what is logged of a visitor', () => {
  it('is keyed ids, and never those that the site gave', async () => {
    const answer = await rank(isolate, { sessionId: 'raw-session', userId: 'raw-user' });
    await send([clickOn(answer)]);
    const { decision, events, text } = await shipped(answer);
    const visitor = { sessionId: keyedSession('raw-session'), userId: keyedUser('raw-user') };
    expect(decision).toMatchObject(visitor);
    expect(events).toMatchObject([{ ...visitor, placement: 'main' }]);
    expect(text).not.toContain('raw-session');
    expect(text).not.toContain('raw-user');
    // By a keyed id, who has the store could try out ids, and anybody choose one that falls on the shard of their choice.
    const token = atob(answer.token.split('.')[0].replaceAll('-', '+').replaceAll('_', '/'));
    for (const id of ['raw-', visitor.sessionId, visitor.userId]) expect(token).not.toContain(id);
  });

  it('is nothing without consent, whatever ids are sent', async () => {
    const answer = await rank(isolate, {
      sessionId: 'refusing-session',
      userId: 'refusing-user',
      consent: 'none',
    });
    expect(answer.items.length).toBeGreaterThan(0);
    expect(await send([clickOn(answer)])).toMatchObject({ accepted: 1 });
    const { decision, events, text } = await shipped(answer);
    expect(decision).toMatchObject({ sessionId: '', context: { consent: 'none' } });
    expect(decision).not.toHaveProperty('userId');
    expect(events).toMatchObject([{ sessionId: '' }]);
    for (const id of ['refusing-session', 'refusing-user'])
      for (const form of [id, keyedSession(id), keyedUser(id)]) expect(text).not.toContain(form);
  });

  it('lacks without consent what the visitor did before and the facts about them, though both are ranked by', async () => {
    const recent = [{ itemId: 'trip-1', type: 'click', at: Date.now() - 61_234 }];
    const asked = { recent, context: { device: 'mobile' }, preferences: { themes: ['food'] } };
    const requestOf = async (consent: string) => {
      const { decision } = await shipped(await rank(isolate, { ...asked, consent }));
      return JSON.parse(decision.request) as unknown;
    };
    expect(await requestOf('measure')).toEqual(asked);
    expect(await requestOf('none')).toEqual({ ...asked, recent: [], context: {} });
  });

  it('has of a history what features read of it, with the consent to personalise and no other', async () => {
    const preferences = { themes: ['food'] };
    const items = [{ itemId: 'trip-1', type: 'saved', agoHours: 100.5 }];
    const searches = [{ preferences: { ...preferences, company: 'my mother' }, agoHours: 1 }];
    const decisionOf = async (consent: string) => {
      const asked = { preferences, recent: { items, searches }, consent };
      return (await shipped(await rank(isolate, asked))).decision;
    };
    const personal = await decisionOf('personalise');
    const plain = { preferences, context: {}, recent: [] };
    expect(JSON.parse(personal.request)).toEqual({
      ...plain,
      history: {
        items: [{ itemId: 'trip-1', type: 'saved', agoHours: 96 }],
        searches: [{ preferences, agoHours: 1 }],
      },
    });
    const F = smarttrip.features.length;
    const searched = smarttrip.features.findIndex(({ name }) => name === 'searched-themes');
    expect(personal.codes[searched]).toBeGreaterThan(0);
    for (const consent of ['measure', 'none']) {
      const decision = await decisionOf(consent);
      expect(JSON.parse(decision.request)).toEqual(plain);
      for (let at = searched; at < decision.codes.length; at += F)
        expect(decision.codes[at]).toBe(0);
    }
  });

  it('has demographics, and is ranked by them, with the consent to personalise and no other', async () => {
    const group = smarttrip.features.findIndex(({ name }) => name === 'age-group');
    const decisionOf = async (consent: string) => {
      const demographics = { ageGroup: '25-34' };
      return (await shipped(await rank(isolate, { demographics, consent }))).decision;
    };
    const personal = await decisionOf('personalise');
    expect(JSON.parse(personal.request)).toMatchObject({ context: { ageGroup: '25-34' } });
    expect(personal.codes[group]).toBe(2);
    for (const consent of ['measure', 'none']) {
      const decision = await decisionOf(consent);
      expect(JSON.parse(decision.request)).toMatchObject({ context: {} });
      expect(decision.request).not.toContain('25-34');
      expect(decision.codes[group]).toBe(0);
    }
  });

  it('needs no session without consent, also where that is the default of the site', async () => {
    const answer = await rank(isolate, { sessionId: undefined, consent: 'none' });
    expect(answer.items.length).toBeGreaterThan(0);
    const careful = coldIsolate({ DEFAULT_CONSENT: 'none' });
    const other = await rank(careful, { sessionId: 'some-session' });
    expect((await shipped(other)).decision).toMatchObject({
      sessionId: '',
      context: { consent: 'none' },
    });
    const agreed = await rank(careful, { sessionId: 'some-session', consent: 'personalise' });
    expect((await shipped(agreed)).decision).toMatchObject({
      sessionId: keyedSession('some-session'),
      context: { consent: 'personalise' },
    });
  });

  it('says where the ranking was shown', async () => {
    const answer = await rank(isolate, { placement: 'home' });
    await send([clickOn(answer)]);
    const { decision, events } = await shipped(answer);
    expect(decision.context).toEqual({ placement: 'home', consent: 'measure' });
    expect(events).toMatchObject([{ placement: 'home' }]);
  });

  it('is by the newest of several keys', async () => {
    const rotated = coldIsolate({
      IDENTITY_SECRET: `newer-identity-secret, ${env.IDENTITY_SECRET}`,
    });
    const answer = await rank(rotated, { sessionId: 'session-of-two-keys' });
    const given = 'session-of-two-keys' as Parameters<
      ReturnType<typeof identityKey>['sessionId']
    >[0];
    expect((await shipped(answer)).decision.sessionId).toBe(
      identityKey('newer-identity-secret').sessionId(given),
    );
  });
});

describe('feedback of tokens from before ids were keyed', () => {
  it('is accepted, and keyed on entry', async () => {
    const answer = await rank(isolate);
    const { placement: _, ...claims } = verifyToken(
      answer.token,
      [env.TOKEN_SECRET!],
      Date.now(),
    ).claims;
    const old = tokenInClear(
      { ...claims, sessionId: 'old-session' as never, userId: 'old-user' as never },
      answer.items.map(({ id }) => id as ItemId),
      env.TOKEN_SECRET!,
    );
    expect(await send([{ ...clickOn(answer), token: old }])).toMatchObject({ accepted: 1 });
    const { events, text } = await shipped(answer);
    expect(events).toMatchObject([
      {
        sessionId: keyedSession('old-session'),
        userId: keyedUser('old-user'),
        placement: 'main',
      },
    ]);
    expect(text).not.toContain('old-session');
  });
});

describe('an event id', () => {
  it('is unique within its ranking only: the same in another ranking is another event', async () => {
    const rankings = await Promise.all(
      Array.from({ length: 9 }, (_, i) => rank(isolate, { sessionId: `same-${i}` })),
    );
    const events = rankings.map((answer) => ({ ...clickOn(answer), eventId: 'click-1' }));
    expect(await send(events)).toMatchObject({ accepted: 9, duplicates: 0 });
    expect(await send(events)).toMatchObject({ accepted: 0, duplicates: 9 });
  });
});
