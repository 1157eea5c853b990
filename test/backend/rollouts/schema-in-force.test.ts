import { expect, test } from 'vitest';
import { schemaInForce } from '../../../backend/rollouts/schema-in-force.ts';
import { parseSchema } from '../../../shared/features/schema.ts';
import definition from '../../../shared/features/smarttrip.json' with { type: 'json' };
import { smarttrip } from '../../../shared/features/smarttrip.ts';
import { borrowStore } from '../../support/borrow-store.ts';

test.each<[string, object | undefined, RegExp]>([
  ['no configured schema', undefined, /^v000000 of schema smarttrip \([0-9a-f]{16}\) is live$/],
  ['the one that is live', definition, /is live$/],
  [
    'another',
    { ...definition, name: 'mine' },
    /is live, but the configuration file names schema mine \([0-9a-f]{16}\): "trimtab schema apply" brings it in/,
  ],
  [
    'other rules',
    { ...definition, rules: {} },
    /the same features, with other rules, .*"trimtab schema apply"/,
  ],
])('a start with %s says what is live, and what to do', async (_, configured, text) => {
  const store = await borrowStore();
  try {
    const of = configured && parseSchema(configured);
    expect(await schemaInForce({ store, live: smarttrip, configured: of })).toMatch(text);
  } finally {
    await store.close();
  }
});
