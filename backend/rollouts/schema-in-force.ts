import { RULES_VERSION } from '../../shared/domain/ids.ts';
import type { Schema } from '../../shared/features/schema.ts';
import { readLive } from '../models/live-pointer.ts';
import type { Store } from '../store/open.ts';
import { isSameSchema } from './apply-schema.ts';

/** What is live, for the log of a start, and how to bring in the schema of the configuration file where another one is live. */
export async function schemaInForce({
  store,
  live,
  configured,
}: {
  readonly store: Store;
  readonly live: Schema;
  readonly configured: Schema | undefined;
}): Promise<string> {
  const champion = (await readLive(store))?.pointer.champion ?? RULES_VERSION;
  const inForce = `${champion} of schema ${live.name} (${live.hash}) is live`;
  if (configured === undefined || isSameSchema(configured, live)) return inForce;
  const difference =
    configured.hash === live.hash
      ? `the configuration file's ${configured.name} has the same features, with other rules, constraints, exploration or training`
      : `the configuration file names schema ${configured.name} (${configured.hash})`;
  return `${inForce}, but ${difference}: "trimtab schema apply" brings it in, with its rules as a new version`;
}
