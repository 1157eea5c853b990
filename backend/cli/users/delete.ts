import { backendClient, json } from '../../client/backend-client.ts';
import { print } from '../../client/print.ts';
import { backendVerb, type VerbOptions } from '../command/verb.ts';

export const deleteUserVerb = () =>
  backendVerb('delete', 'delete what was logged of a user, and what still arrives')
    .argument('<userId>')
    .action(deleteUser);

async function deleteUser(userId: string, options: VerbOptions): Promise<void> {
  // In the body, as an address cannot hold every id.
  const answer = await json(backendClient(options).users.delete.$post({ json: { id: userId } }));
  print({ userId, ...answer }, () => `all data of user ${userId} is deleted.`, options);
}
