import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { smarttrip } from '../../shared/features/smarttrip.ts';
import { demoCatalogue } from '../catalogue/demo.ts';
import { json, type BackendClient } from '../client/backend-client.ts';
import { showProgress } from '../client/progress.ts';
import { uploadItems } from '../client/upload-items.ts';
import type { StateDir } from '../config/state-dir.ts';

const DEMO_TRIPS = 10_000;
const DEMO_SEED = 7;

/**
 * Imports the demo catalogue once per state directory, and never into a catalogue that holds items already; an import that
 * was interrupted is done again, with the dates of the day on which it began. Nothing is imported where a schema other than
 * that of trips is live or configured.
 * @returns how many trips it imported now.
 */
export async function importDemo(state: StateDir, client: BackendClient): Promise<number> {
  const record = existsSync(state.demo) ? readFileSync(state.demo, 'utf8').trim() : '';
  const [stage, day] = record.split(' ');
  if (stage === 'done') return 0;
  if (stage !== 'began') {
    const { items } = await json(client.items.$get({ query: { limit: 1 } }));
    if (items.length > 0) return 0;
  }
  if (!(await isOfTrips(client))) return 0;
  const dayMs = day === undefined ? Date.now() : Number(day);
  writeFileSync(state.demo, `began ${dayMs}\n`);
  const progress = showProgress('Importing the demo catalogue', DEMO_TRIPS, 'trips');
  const { upserted } = await uploadItems(
    client,
    demoCatalogue(DEMO_TRIPS, DEMO_SEED, dayMs),
    progress.update,
  ).finally(progress.stop);
  writeFileSync(state.demo, `done ${dayMs}\n`);
  return upserted;
}

async function isOfTrips(client: BackendClient): Promise<boolean> {
  const { weights, configuredSchema } = await json(client.status.$get());
  return [weights?.schemaHash, configuredSchema?.hash ?? smarttrip.hash].every(
    (hash) => hash === smarttrip.hash,
  );
}
