import { backendClient, json } from '../../client/backend-client.ts';
import { CliError } from '../../client/failure.ts';
import { print } from '../../client/print.ts';
import { backendVerb, type VerbOptions } from '../command/verb.ts';

export const deleteItemsVerb = () =>
  backendVerb('delete', 'take items out of the catalogue')
    .argument('<id...>', 'item ids')
    .action(deleteItems);

async function deleteItems(ids: readonly string[], options: VerbOptions): Promise<void> {
  // In the body, as an address cannot hold every id.
  const { deleted, unknown } = await json(
    backendClient(options).items.delete.$post({ json: { ids: [...ids] } }),
  );
  if (unknown.length > 0)
    throw new CliError(
      `there is no item ${unknown.join(', ')}${deleted.length > 0 ? `; deleted ${deleted.join(', ')}` : ''}`,
    );
  const they = ids.length === 1 ? 'it' : 'them';
  print(
    { deleted: ids },
    () => `deleted ${ids.join(', ')}; the edge stops showing ${they} within a minute.`,
    options,
  );
}
