/**
 * Reads what vitest's JSON reporter wrote of one run or several, in the order in which they ran.
 *
 *   node .ci/results.js incomplete <results>   prints the files in which a test was skipped
 *   node .ci/results.js tally <results …>      prints failures, skipped tests and the sum
 *
 * Each test counts once. A file that ran again counts as its last run found it, because the later run has what the
 * earlier one lacked; what failed in any run stays a failure. A run without results failed before its first test.
 */
import { existsSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';

const isSkipped = ({ status }) => status === 'pending' || status === 'skipped' || status === 'todo';
const isFailed = ({ status }) => status === 'failed';

/** Files of a run by their path inside of the checkout, wherever that lay. */
function readRun(path) {
  if (!existsSync(path)) return undefined;
  return new Map(
    JSON.parse(readFileSync(path, 'utf8')).testResults.map((file) => [
      file.name.slice(file.name.lastIndexOf('/test/') + 1),
      file,
    ]),
  );
}

const failuresOf = (name, { status, message, assertionResults }) => {
  const failed = assertionResults.filter(isFailed).map(({ fullName }) => `${name}: ${fullName}`);
  // A file that cannot be loaded has no test that failed.
  return failed.length > 0 || status !== 'failed' ? failed : [`${name}: ${message}`];
};

function tally(paths) {
  const last = new Map();
  const failed = new Set();
  for (const path of paths) {
    const run = readRun(path);
    if (run === undefined) failed.add(`${basename(path, '.json')}: ended before its first test`);
    for (const [name, file] of run ?? []) {
      last.set(name, file);
      for (const failure of failuresOf(name, file)) failed.add(failure);
    }
  }
  const tests = [...last].flatMap(([name, file]) =>
    file.assertionResults.map((test) => ({ ...test, name })),
  );
  const skipped = tests.filter(isSkipped);
  // A test that failed in an earlier run and passed in its last is one that failed.
  const passed = tests.filter(
    ({ status, name, fullName }) => status === 'passed' && !failed.has(`${name}: ${fullName}`),
  );
  for (const { fullName } of skipped) console.log(`skipped: ${fullName}`);
  for (const failure of failed) console.log(`failed: ${failure}`);
  console.log(`${passed.length} passed, ${failed.size} failed, ${skipped.length} skipped`);
}

const [command, ...paths] = process.argv.slice(2);
if (command === 'tally') tally(paths);
else if (command === 'incomplete')
  for (const [name, { assertionResults }] of readRun(paths[0]) ?? []) {
    if (assertionResults.some(isSkipped)) console.log(name);
  }
else throw new Error(`neither tally nor incomplete: ${command}`);
