import { identityKey } from '../../../shared/domain/identity.ts';
import type { GivenId } from '../../../shared/domain/ids.ts';
import { IDENTITY_SECRET } from './backend.ts';

/** The key of the tests' backends. */
export const KEY = identityKey(IDENTITY_SECRET);

/** What is stored in place of the ids that a site gives. */
export const keyedSession = (id: string) => KEY.sessionId(id as GivenId);
export const keyedUser = (id: string) => KEY.userId(id as GivenId);
