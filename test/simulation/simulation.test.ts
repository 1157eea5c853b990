import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, inject, test } from 'vitest';
import { MUTATIONS } from './loader/mutations.ts';

const MAIN = fileURLToPath(new URL('./main.ts', import.meta.url));
const SEED = Number(process.env.FUZZ_SEED ?? Date.now() % 1_000_000);
const isFull = inject('size') !== 'small';
const SIZE = '1000';

/** In a Node process of its own, as its clock and its chance are simulated ones. */
async function simulate(...given: string[]): Promise<{ code: number; said: string }> {
  const args = ['--no-warnings', MAIN, ...given];
  try {
    const { stdout } = await promisify(execFile)(process.execPath, args);
    return { code: 0, said: stdout };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return { code, said: `${stdout}${stderr}` };
  }
}

const seeded = ['--seed', String(SEED), '--size', SIZE];

/** Worlds about people outlast a weekend, which is too long for everybody's tests. */
const kinds = isFull
  ? [[['--worlds', '40']]]
  : ['all', 'pointer'].map((focus) => [['--worlds', '1', '--focus', focus]]);

test.each(kinds)(
  'worlds of a new seed break nothing, and the same seed gives the same worlds: %o',
  async (kind) => {
    const run = () => simulate(...seeded, ...kind);
    const first = await run();
    expect(first, first.said).toMatchObject({ code: 0 });
    const digestOf = ({ said }: { said: string }) => /digest [0-9a-f]+/.exec(said)?.[0];
    expect(digestOf(first)).toBeDefined();
    expect(digestOf(await run())).toBe(digestOf(first));
  },
);

test('every planted fault still fits the code', async () => {
  const names = MUTATIONS.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  const { said } = await simulate('--check-mutations');
  expect(said).toBe(`${names.length} planted faults fit the code\n`);
});

/** Those that nearly every world finds, also a short one of all things: others may take a hundred worlds, which is the command's to run. */
const common = MUTATIONS.filter(({ isCommon }) => isCommon);

test('worlds find planted faults', async () => {
  const some = isFull ? common : [0, 1, 2].map((i) => common[(SEED + i) % common.length]);
  for (const { name } of some) {
    const found = await simulate(
      ...seeded,
      '--focus',
      'all',
      '--worlds',
      '300',
      '--mutation',
      name,
    );
    expect(found, `${name}: ${found.said}`).toMatchObject({ code: 1 });
    expect(found.said).toMatch(/^seed \d+ broke this: .+\nagain: npm run simulate -- --seed \d+/);
  }
});
