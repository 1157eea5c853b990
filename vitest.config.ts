import { availableParallelism } from 'node:os';
import { cloudflareTest } from '@cloudflare/vitest-plugin';
import { defineConfig } from 'vitest/config';

/** Ends a test that hangs. It measures nothing: on a busy machine a test may take many times as long as alone. */
const PATIENCE_MS = 300_000;

/** Tests under test/edge run inside workerd, with the Worker's own bindings; all others in Node. */
export default defineConfig({
  test: {
    // By default a core is left free; many files here wait for servers and threads more than they compute.
    maxWorkers: availableParallelism(),
    projects: [
      {
        test: {
          name: 'node',
          include: ['test/**/*.test.ts'],
          exclude: ['test/edge/**'],
          testTimeout: PATIENCE_MS,
          hookTimeout: PATIENCE_MS,
        },
      },
      {
        plugins: [
          cloudflareTest({
            wrangler: { configPath: './wrangler.toml' },
            miniflare: {
              bindings: {
                PUBLISHABLE_KEYS: 'pk_test, pk_other',
                SECRET_KEYS: 'sk_test',
                TOKEN_SECRET: 'token-secret',
                INGEST_SECRET: 'ingest-secret',
                BACKEND_URL: 'http://backend.test/',
                REFRESH_MS: '20',
                SHIP_INTERVAL_MS: '3600000',
              },
            },
          }),
        ],
        test: {
          name: 'edge',
          include: ['test/edge/**/*.test.ts'],
          setupFiles: ['test/edge/support/fresh-storage.ts'],
          isolate: false,
          testTimeout: PATIENCE_MS,
          hookTimeout: PATIENCE_MS,
        },
      },
    ],
  },
});
