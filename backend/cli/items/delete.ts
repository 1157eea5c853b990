import { backendClient, json, segment } from '../../client/backend-client.ts';
import { print } from '../../client/print.ts';
import { backendVerb, type VerbOptions } from '../command/verb.ts';

export const deleteItemsVerb = () =>
  backendVerb('delete', 'take items out of the catalogue')
    .argument('<id...>', 'item ids')
    .action(deleteItems);

async function deleteItems(ids: readonly string[], options: VerbOptions): Promise<void> {
  const { items } = backendClient(options);
  for (const id of ids) await json(items[':id'].$delete({ param: { id: segment(id) } }));
  const they = ids.length === 1 ? 'it' : 'them';
  print(
    { deleted: ids },
    () => `deleted ${ids.join(', ')}; the edge stops showing ${they} within a minute.`,
    options,
  );
}
