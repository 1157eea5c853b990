import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { endOf, type SoakForm } from './support/form.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
/** How many times as many values as in `npm test`; further ones come with a new seed, in the next round. */
const TIMES = 5;
const SEEDS = 2 ** 31;

/** The part of Vitest's JSON report that is read. */
interface Report {
  readonly testResults: readonly {
    readonly name: string;
    readonly message: string;
    readonly assertionResults: readonly {
      readonly fullName: string;
      readonly status: string;
      readonly failureMessages: readonly string[];
    }[];
  }[];
}

/**
 * All tests of properties, each on more values than usual and under a new seed in every round. What fails is printed with
 * the seed and the path of its counter-example, and with the command that repeats it.
 */
export const soakProperties: SoakForm = async ({ minutes, seed, say }) => {
  const files = globSync('test/**/*.test.ts', { cwd: ROOT }).filter(
    (file) =>
      !file.startsWith('test/system/') &&
      /\b(fc\.assert|fuzz)\(/.test(readFileSync(join(ROOT, file), 'utf8')),
  );
  const failures = new Map<string, string>();
  const endMs = endOf({ minutes });
  let [rounds, passed] = [0, 0];
  for (; rounds === 0 || performance.now() < endMs; rounds++) {
    const own = (seed + rounds) % SEEDS;
    for (const { name, message, assertionResults } of (await round(files, own)).testResults) {
      const file = name.replace(ROOT, '');
      const fail = (title: string, why: string) => {
        if (failures.has(title)) return;
        failures.set(title, `${title}: FUZZ_SEED=${own} FUZZ_RUNS=${TIMES} npx vitest run ${file}`);
        say(`${title}\n${why}`);
      };
      if (assertionResults.length === 0) fail(file, message);
      for (const { fullName, status, failureMessages } of assertionResults) {
        if (status === 'passed') passed++;
        if (status === 'failed') fail(`${file} > ${fullName}`, failureMessages.join('\n'));
      }
    }
    say(`seed ${own}: ${failures.size} failures so far`);
  }
  return {
    figures: `${rounds} rounds of ${TIMES} times the usual runs, ${files.length} files, ${passed} tests passed`,
    broken: [...failures.values()],
  };
};

async function round(files: readonly string[], seed: number): Promise<Report> {
  const folder = mkdtempSync(join(tmpdir(), 'trimtab-properties-'));
  const outputFile = join(folder, 'report.json');
  try {
    const child = spawn(
      process.execPath,
      [
        join(ROOT, 'node_modules/vitest/vitest.mjs'),
        'run',
        ...files,
        '--maxWorkers=1',
        '--reporter=json',
        `--outputFile=${outputFile}`,
      ],
      {
        cwd: ROOT,
        env: { ...process.env, FUZZ_SEED: String(seed), FUZZ_RUNS: String(TIMES) },
        stdio: ['ignore', 'ignore', 'pipe'],
      },
    );
    const [errors] = await Promise.all([text(child.stderr), once(child, 'exit')]);
    try {
      return JSON.parse(readFileSync(outputFile, 'utf8')) as Report;
    } catch (error) {
      throw new Error(`the tests made no report:\n${errors}`, { cause: error });
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
