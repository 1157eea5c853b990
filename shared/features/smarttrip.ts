import { parseSchema } from './schema.ts';
import definition from './smarttrip.json' with { type: 'json' };

/** The default schema: trips, with the hand-tuned rule weights that `v000000` reproduces. */
export const smarttrip = parseSchema(definition);
