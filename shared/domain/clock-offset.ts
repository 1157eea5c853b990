import { invalid } from './errors.ts';
import { isMoment, parseMoment } from './moment.ts';

/** How far a visitor's clock may be off before it is corrected: far longer than a request takes to arrive. */
const TOLERATED_SKEW_MS = 60_000;

/**
 * What to add to moments of a visitor's clock so that they are of the receiver's: `receivedAt − sentAt`, and 0 where that is
 * within a minute, as it is then mostly the time that the request took. Resending a request that waited must state a new `sentAt`.
 * @param sentAt when the request was sent, by the same clock as the moments; undefined: not known, so nothing is corrected.
 * @param receivedAt epoch ms.
 * @throws ApiError 400 where `sentAt` is no moment.
 */
export function clockOffset(sentAt: unknown, receivedAt: number): number {
  if (sentAt === undefined) return 0;
  const offset = receivedAt - parseMoment(sentAt, 'sentAt');
  return Math.abs(offset) <= TOLERATED_SKEW_MS ? 0 : offset;
}

/**
 * A moment of a visitor's clock by the receiver's.
 * @param offset what `clockOffset` gave. @param what names the moment in the error.
 * @throws ApiError 400 where it comes to lie outside of the years that a moment may be in: then `sentAt` is not of the same clock.
 */
export function byReceiversClock(ms: number, offset: number, what: string): number {
  const corrected = ms + offset;
  if (isMoment(corrected)) return corrected;
  throw invalid(
    `${what} and sentAt must be of one clock: ${new Date(ms).toISOString()}, corrected by how far sentAt is off, would be ${new Date(corrected).toISOString()}, and it must lie from 1990 to 2099`,
  );
}
