import { Command } from 'commander';
import { backendClient } from '../client/backend-client.ts';
import { print } from '../client/print.ts';
import { backendVerb, type VerbOptions } from './verb.ts';

export function usersCommand(): Command {
  const command = new Command('users').description('people, by their pseudonymous ids');
  command.addCommand(
    backendVerb(
      'delete',
      'forget a user: decisions, events and outcomes, also those still on their way',
    )
      .argument('<userId>')
      .action(deleteUser),
  );
  return command;
}

async function deleteUser(userId: string, options: VerbOptions): Promise<void> {
  const client = backendClient(options);
  const answer = await client.call<Record<string, unknown>>(
    'DELETE',
    `/v1/users/${encodeURIComponent(userId)}`,
  );
  print({ userId, ...answer }, () => `user ${userId} is forgotten.`, options);
}
