import { OpenAPIHono, z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import type { ZodType } from 'zod';
import { isVersion, parseGivenId, type GivenId, type Version } from '../../../shared/domain/ids.ts';
import { parseMoment } from '../../../shared/domain/moment.ts';
import { isPlacement, type Placement } from '../../../shared/domain/placement.ts';
import { messageOf } from '../../../shared/text/message-of.ts';
import { refuseInvalid } from './problem.ts';
import { nameUnknownKeys } from './unknown-keys.ts';

nameUnknownKeys();

/** A router whose routes are checked by zod and described in /openapi.json. */
export const router = (): OpenAPIHono => new OpenAPIHono({ defaultHook: refuseInvalid });

export const jsonBody = <T extends ZodType>(schema: T) => ({
  required: true,
  content: { 'application/json': { schema } },
});

export const answer = <T extends ZodType>(schema: T, description: string) => ({
  description,
  content: { 'application/json': { schema } },
});

const problem = z
  .object({ code: z.string(), message: z.string(), details: z.unknown().optional() })
  .openapi('Problem');

/** What any route may answer instead. */
export const problems = { default: answer(problem, 'What was wrong, and the remedy') };

/** What a `Date` can hold, in the year 275760. */
const LAST_MS = 8.64e15;

export const epochMs = z
  .number()
  .int()
  .nonnegative()
  .max(LAST_MS)
  .openapi({ description: 'Epoch milliseconds' });

const moment = (name: string, isMoment: (value: unknown) => boolean) =>
  z
    .union([z.number(), z.string()], `${name} must be an ISO date or epoch milliseconds`)
    .transform((value, context): number => {
      if (isMoment(value)) return 0;
      try {
        return parseMoment(value, name);
      } catch (error) {
        context.addIssue({ code: 'custom', message: messageOf(error) });
        return z.NEVER;
      }
    })
    .openapi({
      type: ['integer', 'string'],
      description: 'Epoch milliseconds or an ISO date, from 1990 to 2099',
    });

/** A moment as it comes in, in JSON or a query; answers have `epochMs`. @param name as the refusal gives it. */
export const givenMoment = (name: string) => moment(name, () => false);

/** The same for where a window begins: 0 is before all that was logged. */
export const windowStart = (name: string) => moment(name, (value) => value === 0 || value === '0');

/** A whole number of a query, in which everything is text: digits, and nothing else that `Number` reads (0x10, 1e1, a space). */
export const queryNumber = (min: number, max: number) => {
  const wanted = `must be a whole number from ${min} to ${max}`;
  return z
    .union([z.number(), z.string()], wanted)
    .transform((value, context): number => {
      const number = typeof value === 'string' && !/^\d+$/.test(value) ? Number.NaN : Number(value);
      if (Number.isSafeInteger(number) && number >= min && number <= max) return number;
      context.addIssue({ code: 'custom', message: wanted });
      return z.NEVER;
    })
    .openapi({ type: 'integer', minimum: min, maximum: max });
};

/** An id as a site gives it. */
export const givenId = z
  .string()
  .regex(
    /^[\x21-\x7e\u00a1-\uffff]{1,128}$/,
    'must be 1 to 128 printable characters without spaces',
  )
  .refine((text) => text.isWellFormed(), 'must not hold half a surrogate pair');

/** The same of a session or user: never what names a person to everybody. */
export const visitorId = (name: 'sessionId' | 'userId') =>
  givenId.transform((text, context): GivenId => {
    try {
      return parseGivenId(text, name);
    } catch (error) {
      context.addIssue({ code: 'custom', message: messageOf(error) });
      return z.NEVER;
    }
  });

export const placement = z
  .custom<Placement>(isPlacement, 'must be 1 to 64 lower-case letters, digits, "-" and "_"')
  .openapi({ type: 'string', example: 'main' });

export const versionId = z
  .custom<Version>(isVersion, 'must look like v000041')
  .openapi({ type: 'string', example: 'v000041' });

export const versionParam = z.object({ version: versionId });

/** Who did it, for the audit log: the keys of the configuration alone do not say. Who is signed in, or has a key of a name, cannot say that they are somebody else. */
export const actorOf = (c: Context): string =>
  (c.get('session')?.name ?? c.get('holder')?.name ?? c.req.header('x-trimtab-actor') ?? 'api')
    .replaceAll(/[^\x20-\x7e]/g, '')
    .slice(0, 80) || 'api';

/**
 * A text that people write, on one line. Half a surrogate pair or a null character is not stored as it was sent, so a hash
 * over it would never match again; control characters and overrides of direction can forge lines of logs and terminals.
 */
export const line = (max: number) =>
  z
    .string()
    .min(1)
    .max(max)
    .regex(
      /^[^\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]*$/u,
      'must be one line of text, without control characters',
    );

/** A JSON object whose keys differ from row to row, such as the details of an audit entry. */
export const anyObject = z.record(z.string(), z.unknown());

/**
 * An answer whose shape is the type of the code that computes it. The compiler holds handlers and clients to that type;
 * `/openapi.json` documents no more than an object.
 */
export const objectOf = <T extends object>(description: string) =>
  z
    .custom<T>(
      (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
      'must be an object',
    )
    .openapi({ type: 'object', description });
