import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { cloudflareTest } from '@cloudflare/vitest-plugin';
import { defineConfig } from 'vitest/config';
import { bundlePackages } from './test/support/bundle-packages.ts';
import { LongestFirst } from './test/support/longest-first.ts';

/**
 * Ends a test that hangs. It measures nothing: on a busy machine a test may take many times as long as alone, and
 * properties that are tried on more values (test/shared/support/seed.ts) as many times as long.
 */
const PATIENCE_MS = 300_000 * Number(process.env.FUZZ_RUNS ?? 1);

// Tests start hundreds of processes and threads that load the same modules: Node compiles each of them once.
process.env.NODE_COMPILE_CACHE ??= fileURLToPath(new URL('./.cache/compile', import.meta.url));
// Most of those modules lie together in a few files.
const preload = new URL('./test/support/quick-imports.mjs', import.meta.url);
preload.searchParams.set('packages', await bundlePackages());
process.env.NODE_OPTIONS = [process.env.NODE_OPTIONS, `--import=${preload.href}`]
  .filter(Boolean)
  .join(' ');

const size = process.env.TRIMTAB_TEST_SIZE || 'small';
if (size !== 'small' && size !== 'full' && size !== 'hours')
  throw new Error(`TRIMTAB_TEST_SIZE is "${size}"; it must be small, full or hours`);

/**
 * Tests below `test/edge` run inside workerd with the Worker's own bindings, all others in Node: among them `test/system`, which
 * starts processes and kills them, and `test/truth`, which checks statistics against long simulations whose truth is known. They
 * are one project, so that the files that wait and those that compute run at the same time. `TRIMTAB_TEST_SIZE=full` runs costly
 * tests at full size (see test/support/size.ts).
 */
export default defineConfig({
  test: {
    // One more than there are cores: many files wait for servers and threads more than they compute.
    maxWorkers: availableParallelism() + 1,
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        test: {
          name: 'node',
          include: ['test/**/*.test.ts'],
          exclude: ['test/edge/**'],
          // Files share a process: what they import is loaded once. What a test changes, it puts back.
          isolate: false,
          // Node loads modules as it does in production: rewritten ones, as Vite makes them, reach every import through a
          // getter, and computed a tenth longer. No test replaces a module, so nothing else needs Vite's loader.
          experimental: { viteModuleRunner: false, nodeLoader: false },
          globalSetup: ['test/support/stores-folder.ts'],
          setupFiles: ['test/support/configure-fast-check.ts'],
          provide: { size },
          testTimeout: PATIENCE_MS,
          hookTimeout: PATIENCE_MS,
        },
      },
      {
        plugins: [
          cloudflareTest({
            wrangler: { configPath: './wrangler.toml' },
            miniflare: {
              // Where a deployment has one (docs/operating.md); tests of the log ship into it.
              r2Buckets: ['LOGS'],
              bindings: {
                PUBLISHABLE_KEYS: 'pk_test_of_the_tests, pk_other_of_the_tests',
                SECRET_KEYS: 'sk_test_of_the_tests',
                TOKEN_SECRET: 'token-secret-of-the-tests',
                INGEST_SECRET: 'ingest-secret-of-the-tests',
                IDENTITY_SECRET: 'identity-secret-of-the-tests',
                BACKEND_URL: 'http://backend.test/',
                REFRESH_MS: '20',
                SHIP_INTERVAL_MS: '3600000',
                // Tests ask faster than people do; what is about limits puts its own in place.
                RATE_LIMITS: 'off',
              },
            },
          }),
        ],
        test: {
          name: 'edge',
          include: ['test/edge/**/*.test.ts'],
          setupFiles: ['test/edge/support/fresh-storage.ts'],
          isolate: false,
          // As test/shared/support/seed.ts reads them, which workerd cannot.
          provide: {
            size,
            fuzz: {
              seed: Number(process.env.FUZZ_SEED ?? Date.now() % 2 ** 31),
              times: Number(process.env.FUZZ_RUNS ?? 1),
            },
          },
          testTimeout: PATIENCE_MS,
          hookTimeout: PATIENCE_MS,
        },
      },
    ],
  },
});
