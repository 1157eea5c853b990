import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseSchema } from '../../shared/features/schema.ts';

/** The file that it is in. */
export const TRIP_WISHES = fileURLToPath(
  new URL('../golden/smarttrip-1.schema.json', import.meta.url),
);

/**
 * The first default schema: trips and what is wished of them, and nothing of who asks or when. Worlds about learning as such are
 * on it: their tastes are of these features, so that a feature which the default schema gains changes none of them.
 */
export const tripWishes = parseSchema(JSON.parse(readFileSync(TRIP_WISHES, 'utf8')));
