import { existsSync } from 'node:fs';
import type { Item } from '../../../shared/domain/item.ts';
import { counted } from '../../../shared/text/text.ts';
import { json, type BackendClient } from '../../client/backend-client.ts';
import { CliError } from '../../client/failure.ts';
import { note } from '../../client/print.ts';
import { showProgress } from '../../client/progress.ts';
import { deleteItems, storedIds } from '../../client/stored-items.ts';
import { uploadItems, type Uploaded } from '../../client/upload-items.ts';
import { stateDir } from '../../config/state-dir.ts';
import type { Asked } from './ask.ts';

/** As the demo names its trips. */
const DEMO_TRIP = /^trip-\d{5}$/;

/**
 * Makes a schema live and a file's items the whole catalogue of a running backend. Trips of the demo make room; other items that
 * the file has not are taken out only with consent.
 * @throws CliError where the catalogue holds other items, naming some of them.
 */
export async function loadCatalogue(
  client: BackendClient,
  definition: object,
  items: readonly Item[],
  asked: Asked,
): Promise<Uploaded> {
  const own = new Set<string>(items.map(({ id }) => id));
  const others = (await storedIds(client)).filter((id) => !own.has(id));
  if (others.length > 0) await makeRoom(client, others, asked);
  await json(client.schema.$post({ json: { schema: definition } }));
  const progress = showProgress('Importing', items.length, 'items');
  const flat = items.map(({ id, attributes }) => ({ ...attributes, id }));
  return uploadItems(client, flat, progress.update).finally(progress.stop);
}

async function makeRoom(
  client: BackendClient,
  others: readonly string[],
  asked: Asked,
): Promise<void> {
  const isDemo = existsSync(stateDir().demo) && others.every((id) => DEMO_TRIP.test(id));
  const named = `${others.slice(0, 3).join(', ')}${others.length > 3 ? ', …' : ''}`;
  if (isDemo) note(`Taking ${counted(others.length, 'trip')} of the demo out.`);
  else if (
    !asked.isPerson ||
    !(await asked.confirm(
      `The catalogue has ${counted(others.length, 'item')} that this file has not (${named}). Take them out?`,
    ))
  )
    throw new CliError(
      `the catalogue has ${counted(others.length, 'item')} that this file has not (${named}): go to another folder, or take them out ("trimtab import --complete" makes a file the whole catalogue)`,
    );
  await deleteItems(client, others);
}
