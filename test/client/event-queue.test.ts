import fc from 'fast-check';
import { describe, expect, test, vi, afterEach } from 'vitest';
import { openDevice } from '../../edge/client/device.ts';
import { eventQueue } from '../../edge/client/event-queue.ts';
import { heldRankings } from '../../edge/client/held-rankings.ts';
import type { Answer } from '../../edge/client/post.ts';
import type { ClientError, Ranked } from '../../edge/client/types.ts';

const NOW = Date.UTC(2026, 10, 29);
const ranking = {
  ranked: true,
  rankingId: 'r1',
  token: 't1',
  at: NOW,
  items: [{ id: 'a', position: 1 }],
} as unknown as Ranked;

interface Sent {
  readonly sentAt: number;
  readonly events: readonly { readonly eventId: string; readonly token: string }[];
}

/** A queue whose requests are answered as told. */
function queueOf(answerTo: (sent: Sent) => Answer | Promise<Answer>, device = openDevice()) {
  const rankings = heldRankings(device, () => NOW);
  rankings.hold(ranking, true);
  const errors: ClientError[] = [];
  const sent: Sent[] = [];
  const queue = eventQueue(
    device,
    rankings,
    async (_, body) => {
      sent.push(body as Sent);
      return answerTo(body as Sent);
    },
    () => NOW,
    (error) => errors.push(error),
  );
  const add = (eventId: string, timestamp = NOW) =>
    queue.add({ eventId, type: 'click', rankingId: 'r1', itemId: 'a', position: 1, timestamp });
  return { device, queue, add, sent, errors, waiting: () => device.names('e:') };
}

const taken = (rejected: readonly object[] = []): Answer => ({ status: 202, body: { rejected } });

afterEach(() => vi.useRealTimers());

describe('events on their way', () => {
  test('go with the token of their ranking, and leave the device once they are taken', async () => {
    const { add, queue, sent, waiting } = queueOf(() => taken());
    add('one');
    add('two');
    expect(waiting()).toHaveLength(2);
    await queue.flush();
    expect(sent).toMatchObject([{ sentAt: NOW, events: [{ eventId: 'one', token: 't1' }, {}] }]);
    expect(waiting()).toEqual([]);
  });

  test.each([0, 401, 403, 429, 500, 503])(
    'stay and are tried again where the answer is %i',
    async (status) => {
      vi.useFakeTimers();
      let answers = 0;
      const { add, waiting, sent, errors } = queueOf(() =>
        answers++ < 2 ? { status, body: { code: 'no', message: 'not now' } } : taken(),
      );
      add('one');
      await vi.advanceTimersByTimeAsync(60_000);
      expect([waiting(), sent.length, errors.length]).toEqual([[], 3, 2]);
    },
  );

  test.each([400, 413])('are given up where they are refused whole, by %i', async (status) => {
    const { add, queue, waiting, errors } = queueOf(() => ({
      status,
      body: { code: 'invalid_request', message: 'not so' },
    }));
    add('one');
    await queue.flush();
    expect([waiting(), errors]).toEqual([[], [{ code: 'invalid_request', message: 'not so' }]]);
  });

  test('are told apart where some are rejected: for good, or for now', async () => {
    const { add, queue, waiting, errors } = queueOf(() =>
      taken([
        { index: 1, code: 'unavailable', message: 'again' },
        { index: 2, code: 'invalid_request', message: 'never' },
      ]),
    );
    for (const id of ['one', 'two', 'three']) add(id);
    await queue.flush();
    expect(waiting()).toEqual([`${NOW} r1 two`]);
    expect(errors.map(({ code }) => code)).toEqual(['unavailable', 'invalid_request']);
  });

  test('are at most 500, of which the oldest go; and few at once', async () => {
    const { add, queue, sent, waiting } = queueOf(() => taken());
    // The device lists them in an order of its own.
    for (let i = 499; i >= 0; i--) add(`event-${i}`, NOW + i);
    for (let i = 500; i < 505; i++) add(`event-${i}`, NOW + i);
    expect(waiting()).toHaveLength(500);
    expect(waiting().toSorted()[0]).toBe(`${NOW + 5} r1 event-5`);
    await queue.flush();
    expect(Math.max(...sent.map(({ events }) => events.length))).toBeLessThanOrEqual(40);
    expect(sent.flatMap(({ events }) => events)).toHaveLength(500);
  });

  test('are dropped where the ranking is not held any more', async () => {
    const { add, queue, sent, waiting, device } = queueOf(() => taken());
    add('one');
    device.remove('r:r1');
    const later = queueOf(() => taken(), device);
    device.set('e:gone two', JSON.stringify({ eventId: 'two', rankingId: 'gone' }));
    await later.queue.flush();
    await queue.flush();
    expect(sent).toEqual([]);
    expect(waiting()).toEqual([]);
  });

  test('arrive all, whatever is lost on the way, and from as many tabs as there are', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ tab: fc.nat(2), isSent: fc.boolean() }), { maxLength: 30 }),
        fc.array(fc.constantFrom('taken', 'lost', 'answer lost', 'rejected'), { maxLength: 20 }),
        async (did, fates) => {
          vi.useFakeTimers();
          const arrived = new Set<string>();
          const device = openDevice();
          const answerTo = async ({ events }: Sent): Promise<Answer> => {
            const fate = fates.shift() ?? 'taken';
            await Promise.resolve();
            if (fate === 'rejected')
              return taken(events.map((_, index) => ({ index, code: 'unavailable', message: '' })));
            if (fate !== 'lost') for (const { eventId } of events) arrived.add(eventId);
            return fate === 'taken' ? taken() : { status: 0, body: { code: 'unreachable' } };
          };
          const tabs = [0, 1, 2].map(() => queueOf(answerTo, device));
          for (const [i, { tab, isSent }] of did.entries()) {
            tabs[tab].add(`event-${i}`);
            if (isSent) await tabs[tab].queue.flush();
          }
          await vi.advanceTimersByTimeAsync(3_600_000);
          expect(arrived.size).toBe(did.length);
          expect(device.names('e:')).toEqual([]);
          vi.useRealTimers();
        },
      ),
    );
  });
});
