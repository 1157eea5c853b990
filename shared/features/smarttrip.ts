import { parseSchema } from './schema.ts';
import definition from './smarttrip.json' with { type: 'json' };

/** The default schema, for trips. Its hand-tuned rules are the weights of `v000000`. */
export const smarttrip = parseSchema(definition);
