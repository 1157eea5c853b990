import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { seededRandom } from '../../shared/explore/random.ts';
import { endOf, type SoakForm } from './support/form.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
/**
 * How many times as many values as in `npm test`, round after round. More values find rarer counter-examples; as many as usual
 * find tests that ask for something rare to have been tried, which more values hide.
 */
const TIMES = [5, 1, 1];
const SEEDS = 2 ** 31;
/** Files of one Vitest, which starts once for them. */
const AT_ONCE = 4;

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
 * All tests of properties, under a new seed in every round, on more values than usual in every third. What fails is printed with
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
  let [begun, passed] = [0, 0];
  while (begun === 0 || performance.now() < endMs) {
    const rounds = Math.floor(begun / files.length);
    const own = (seed + rounds) % SEEDS;
    const times = TIMES[rounds % TIMES.length];
    const next = shuffled(files, own)
      .slice(begun % files.length)
      .slice(0, AT_ONCE);
    begun += next.length;
    for (const { name, message, assertionResults } of (await test(next, own, times)).testResults) {
      const file = name.replace(ROOT, '');
      const fail = (title: string, why: string) => {
        if (failures.has(title)) return;
        failures.set(title, `${title}: FUZZ_SEED=${own} FUZZ_RUNS=${times} npx vitest run ${file}`);
        say(`${title}\n${why}`);
      };
      if (assertionResults.length === 0) fail(file, message);
      for (const { fullName, status, failureMessages } of assertionResults) {
        if (status === 'passed') passed++;
        if (status === 'failed') fail(`${file} > ${fullName}`, failureMessages.join('\n'));
      }
    }
    say(`seed ${own}: ${passed} tests passed, ${failures.size} failed; last ${next.join(', ')}`);
  }
  return {
    figures: `${passed} tests passed in ${(begun / files.length).toFixed(1)} rounds of ${files.length} files, on ${TIMES.join(', ')} times the usual values in turn`,
    broken: [...failures.values()],
  };
};

/** A short run does not always try the same ones: by Fisher and Yates. */
function shuffled(files: readonly string[], seed: number): string[] {
  const random = seededRandom(seed);
  const left = files.toSorted();
  return files.map(() => left.splice(Math.floor(random() * left.length), 1)[0]);
}

async function test(files: readonly string[], seed: number, times: number): Promise<Report> {
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
        env: { ...process.env, FUZZ_SEED: String(seed), FUZZ_RUNS: String(times) },
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
