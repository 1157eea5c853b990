import type { Device } from './device.ts';
import type { HeldRankings } from './held-rankings.ts';
import type { Post } from './post.ts';
import type { ClientError, WaitingEvent } from './types.ts';

const NAME = 'e:';
/** Beyond these the oldest are given up. */
const MOST_WAITING = 500;
/** Of one request: with their tokens far below what a leaving page may send (64 KiB). */
const MOST_AT_ONCE = 40;
const GATHER_MS = 1000;
const LONGEST_PAUSE_MS = 60_000;
/** Taken, or refused whole for what they are: sending them again changes nothing. */
const FINAL = new Set([202, 400, 413]);
/** Why single events may be taken later. */
const AGAIN = new Set(['unavailable', 'too_many_requests']);

/**
 * Events wait on the device, each under a name of its own, so that pages and tabs that write at once lose none. They go when
 * Trimtab has taken them; what is sent twice, as by two tabs or by a page that was left before the answer came, counts once by its id.
 * @param now epoch ms, of the clock that events are dated by.
 */
export function eventQueue(
  device: Device,
  rankings: HeldRankings,
  post: Post,
  now: () => number,
  onError: (error: ClientError) => void,
) {
  const underWay = new Set<string>();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let failures = 0;

  const later = (ms: number) => {
    timer ??= setTimeout(() => void flush(), ms);
  };

  async function send(names: readonly string[]): Promise<void> {
    const events = names.flatMap((name) => {
      const event: WaitingEvent = JSON.parse(device.get(NAME + name) || '{}');
      const token = rankings.get(event.rankingId)?.token;
      // Without its token, which is gone after a day, it would be refused.
      if (token) return [{ ...event, token }];
      device.remove(NAME + name);
      return [];
    });
    if (!events.length) return;
    names.forEach((name) => underWay.add(name));
    const { status, body } = await post('/v1/events', { sentAt: now(), events });
    names.forEach((name) => underWay.delete(name));
    if (status !== 202) onError(body);
    const rejected: readonly (ClientError & { index: number })[] = body.rejected ?? [];
    rejected.forEach(onError);
    const left = events.filter((event, i) => {
      const isLeft =
        !FINAL.has(status) || rejected.some(({ code, index }) => index === i && AGAIN.has(code));
      if (!isLeft) device.remove(NAME + nameOf(event));
      return isLeft;
    });
    failures = left.length && failures + 1;
    if (failures) later(Math.min(GATHER_MS * 2 ** failures, LONGEST_PAUSE_MS));
  }

  async function flush(): Promise<void> {
    clearTimeout(timer);
    timer = undefined;
    const waiting = device.names(NAME).filter((name) => !underWay.has(name));
    const sent: Promise<void>[] = [];
    while (waiting.length) sent.push(send(waiting.splice(0, MOST_AT_ONCE)));
    await Promise.all(sent);
  }

  return {
    flush,
    add(event: WaitingEvent): void {
      const names = device.names(NAME);
      if (names.length >= MOST_WAITING) device.remove(NAME + names.toSorted()[0]);
      device.set(NAME + nameOf(event), JSON.stringify(event));
      later(GATHER_MS);
    },
  };
}

/** Names in order are events in order. */
const nameOf = ({ timestamp, rankingId, eventId }: WaitingEvent) =>
  `${timestamp} ${rankingId} ${eventId}`;
