import { expect, test } from 'vitest';
import { readyMessage } from '../../../backend/start/ready-message.ts';

const KEYS = {
  publishableKey: 'pk_of_this_test',
  secretKey: 'sk_of_this_test',
  tokenSecret: 'token secret of this test',
  ingestSecret: 'ingest secret of this test',
  identitySecret: 'identity secret of this test',
};

test('what is printed at the start holds the publishable key, which pages show, and no secret', () => {
  const text = readyMessage(
    {
      edgeUrl: 'http://127.0.0.1:1',
      backendUrl: 'http://127.0.0.1:2',
      dashboardUrl: 'http://127.0.0.1:2/#token=once',
      keys: KEYS,
      version: { schemaHash: 'ab', weights: 'v000000', snapshot: '', items: 3, degraded: false },
      imported: 3,
      hasShop: true,
      example: { sessionId: 'try-1', preferences: { place: "men's" } },
    },
    1000,
  );
  const { publishableKey, ...secrets } = KEYS;
  expect(text).toContain(publishableKey);
  for (const secret of Object.values(secrets)) expect(text).not.toContain(secret);
  expect(text).toContain('http://127.0.0.1:2/#token=once');
  expect(text).toContain('Shop       http://127.0.0.1:1/shop\n');
  expect(text).toContain('"npx trimtab login" here prints another link');
  expect(text).toContain(String.raw`-d '{"sessionId":"try-1","preferences":{"place":"men'\''s"}}'`);
});
