import { backendClient, json, segment } from '../../client/backend-client.ts';
import { print } from '../../client/print.ts';
import { backendVerb, type VerbOptions } from '../command/verb.ts';

export const allowUserVerb = () =>
  backendVerb('allow', 'store what a deleted user does from now on')
    .argument('<userId>')
    .action(allowUser);

async function allowUser(userId: string, options: VerbOptions): Promise<void> {
  const param = { id: segment(userId) };
  const answer = await json(backendClient(options).users[':id'].allow.$post({ param }));
  print(
    { userId, ...answer },
    () =>
      answer.allowed
        ? `what user ${userId} does is stored from now on.`
        : `user ${userId} was not deleted.`,
    options,
  );
}
