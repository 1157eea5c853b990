import { moment, table } from '../../../shared/text/text.ts';
import { backendClient, json } from '../../client/backend-client.ts';
import { print } from '../../client/print.ts';
import type { Answer } from '../../http/answers.ts';
import { backendVerb, type VerbOptions } from '../command/verb.ts';

type Key = Answer<'/v1/keys'>['keys'][number];

export const listKeysVerb = () =>
  backendVerb('list', 'the keys that were made by name, and when each was last used').action(list);

async function list(options: VerbOptions): Promise<void> {
  const { keys } = await json(backendClient(options).keys.$get());
  print(keys, () => keysText(keys), options);
}

function keysText(keys: readonly Key[]): string {
  if (keys.length === 0) return 'no key was made by name yet: "trimtab keys create" makes one.';
  return table(
    ['name', 'scopes', 'origins', 'created', 'last used', 'ends'],
    keys.map(({ name, scopes, origins, createdAt, lastUsedAt, expiresAt, revokedAt }) => [
      name,
      scopes.join(','),
      origins?.join(',') ?? 'any',
      moment(createdAt),
      lastUsedAt === null ? 'never' : moment(lastUsedAt),
      revokedAt === null
        ? expiresAt === null
          ? ''
          : moment(expiresAt)
        : `revoked ${moment(revokedAt)}`,
    ]),
  );
}
