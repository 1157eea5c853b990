import { backendClient, json } from '../../client/backend-client.ts';
import { CliError } from '../../client/failure.ts';
import { print } from '../../client/print.ts';
import { backendVerb, type VerbOptions } from '../command/verb.ts';

export const deleteUserVerb = () =>
  backendVerb('delete', 'delete what was logged of a user or session, and what still arrives')
    .argument('[userId]')
    .option('--session <id>', 'what was done in this session while nobody was logged in')
    .action(deleteVisitor);

async function deleteVisitor(
  userId: string | undefined,
  options: VerbOptions & { session?: string },
): Promise<void> {
  const { session } = options;
  if ((userId === undefined) === (session === undefined))
    throw new CliError('give a user id, or a session with --session <id>', 2);
  const client = backendClient(options);
  if (userId !== undefined) {
    // In the body, as an address cannot hold every id.
    const answer = await json(client.users.delete.$post({ json: { id: userId } }));
    print({ userId, ...answer }, () => `all data of user ${userId} is deleted.`, options);
  } else if (session !== undefined) {
    const answer = await json(client.sessions.delete.$post({ json: { id: session } }));
    print(
      { session, ...answer },
      () => `what was done in session ${session} while nobody was logged in is deleted.`,
      options,
    );
  }
}
