import { availableParallelism } from 'node:os';
import { cloudflareTest } from '@cloudflare/vitest-plugin';
import { defineConfig } from 'vitest/config';

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
          testTimeout: 60_000,
          hookTimeout: 60_000,
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
          testTimeout: 60_000,
        },
      },
    ],
  },
});
