import { env } from 'cloudflare:workers';
import { identityKey } from '../../../shared/domain/identity.ts';
import { parseGivenId } from '../../../shared/domain/ids.ts';

const key = identityKey(env.IDENTITY_SECRET!);

/** What the log stores in place of the ids that a site gives. */
export const keyedSession = (id: string) => key.sessionId(parseGivenId(id, 'sessionId'));
export const keyedUser = (id: string) => key.userId(parseGivenId(id, 'userId'));
