import { eq } from 'drizzle-orm';
import { ApiError } from '../../../shared/domain/errors.ts';
import { messageOf } from '../../../shared/text/message-of.ts';
import { traceOf } from '../../process/trace-of.ts';
import { recordAudit } from '../../store/audit.ts';
import type { Store } from '../../store/open.ts';
import { feeds as states } from '../../store/tables.ts';

/** What is refused. */
export interface Refused {
  /** Of its state among those of feeds. */
  readonly name: string;
  /** That it is refused, as a sentence begins. */
  readonly said: string;
  /** Of the answer to whoever asked for it. */
  readonly code: string;
  /** For the audit log, and who did it. */
  readonly action: string;
  readonly actor: string;
}

/**
 * Records why what was read is refused: in its state, and in the logs once, and not each time that it is asked for while it stays as it is.
 * @param error what is no ApiError is told to the backend's log alone: it may hold what is secret.
 * @returns what is told to whoever asked: 422.
 */
export async function recordRefusal(
  store: Store,
  { name, said, code, action, actor }: Refused,
  error: unknown,
  { nowMs, log }: { readonly nowMs: number; readonly log: (message: string) => void },
): Promise<ApiError> {
  const isRefusal = error instanceof ApiError;
  if (!isRefusal) log(`${name} could not be read: ${traceOf(error)}`);
  const problem = isRefusal
    ? messageOf(error)
    : "it could not be taken: the backend's log says why";
  const [before] = await store.db.select().from(states).where(eq(states.name, name));
  const refusedSince = before?.refusedSince ?? nowMs;
  const set = { askedAt: nowMs, problem, refusedSince };
  const isNews = before?.problem !== problem;
  await store.write([
    store.db
      .insert(states)
      .values({ name, ...set })
      .onConflictDoUpdate({ target: states.name, set }),
    ...(isNews
      ? [recordAudit(store, { at: nowMs, actor, action, subject: name, details: { problem } })]
      : []),
  ]);
  if (isNews) log(`${said}: ${problem}`);
  return new ApiError(422, code, `${said}: ${problem}`);
}
