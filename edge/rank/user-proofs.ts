import { ApiError } from '../../shared/domain/errors.ts';
import type { RankRequest } from '../../shared/domain/rank-request.ts';
import { equalInConstantTime } from '../../shared/domain/token.ts';
import { userSignature } from '../../shared/domain/user-signature.ts';
import type { Role, Settings } from '../platform/settings.ts';

/**
 * Whether a request may name the user whom it names. A secret key is a site's server, which knows; whoever else has a key can
 * claim to be anybody, and brings what the site's server signed.
 */
export class UserProofs {
  /** Rankings of this isolate that named a user, by a publishable key and without a signature, where none is required. */
  unsigned = 0;
  readonly #settings: Pick<Settings, 'userSecrets' | 'requiresUserSignature'>;

  constructor(settings: Pick<Settings, 'userSecrets' | 'requiresUserSignature'>) {
    this.#settings = settings;
  }

  /**
   * Without consent nobody's id is used, and none is looked at. A signature that is given is checked, whether one is required or not.
   * @throws ApiError 403 `unsigned_user` or `wrong_signature`: nothing has happened then.
   */
  check({ consent, sessionId, userId, userSignature: given }: RankRequest, role: Role): void {
    if (userId === undefined || sessionId === undefined || consent === 'none') return;
    const { userSecrets, requiresUserSignature } = this.#settings;
    if (given !== undefined) {
      const visitor = { sessionId, userId };
      if (userSecrets.some((one) => equalInConstantTime(given, userSignature(one, visitor))))
        return;
      throw new ApiError(
        403,
        'wrong_signature',
        userSecrets.length === 0
          ? 'this edge has no USER_SECRET to check userSignature by'
          : 'userSignature is not the one of this sessionId and userId: let the site’s server sign both, by the USER_SECRET of this edge',
      );
    }
    if (role === 'secret') return;
    if (requiresUserSignature)
      throw new ApiError(
        403,
        'unsigned_user',
        'a userId needs the userSignature that the site’s server makes of it and the sessionId; leave both out to rank for the session alone',
      );
    this.unsigned++;
  }
}
