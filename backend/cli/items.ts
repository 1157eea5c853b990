import { Command } from 'commander';
import { backendClient } from '../client/backend-client.ts';
import { print } from '../client/print.ts';
import { backendVerb, type VerbOptions } from './verb.ts';

export function itemsCommand(): Command {
  const command = new Command('items').description('the catalogue');
  command.addCommand(
    backendVerb('delete', 'take items out of the catalogue')
      .argument('<id...>', 'item ids')
      .action(deleteItems),
  );
  return command;
}

async function deleteItems(ids: readonly string[], options: VerbOptions): Promise<void> {
  const client = backendClient(options);
  for (const id of ids) await client.call('DELETE', `/v1/items/${encodeURIComponent(id)}`);
  print(
    { deleted: ids },
    () =>
      `deleted ${ids.join(', ')}; the edge drops ${ids.length === 1 ? 'it' : 'them'} within a minute.`,
    options,
  );
}
