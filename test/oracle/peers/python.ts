import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { lengthsOf, rowsOf, type Task, type Tool } from './task.ts';

/**
 * Peers in Python, as oracles of tests and benchmarks alone: a virtual environment named by `TRIMTAB_PEERS` that
 * holds lightgbm and scikit-learn. Each peer is a script beside this file; it reads raw arrays from a folder and
 * answers with JSON.
 */
const run = promisify(execFile);
const python = (): string => join(process.env.TRIMTAB_PEERS ?? '', 'bin', 'python');

/** Why no peer can be asked; empty where one can. */
export function unlessPeers(): string {
  if (process.env.TRIMTAB_PEERS === undefined)
    return 'TRIMTAB_PEERS names no Python environment with lightgbm and scikit-learn';
  return existsSync(python()) ? '' : `${python()} is absent`;
}

type Array = Uint8Array | Uint32Array | Float64Array;

/**
 * Runs `<script>.py` in a folder with `job.json` and one raw file per array, and reads what it leaves.
 * @param script name of the file beside this one, without `.py`.
 * @returns the script's JSON, and its `scores.f64`, empty where it left none.
 * @throws Error with what the script wrote to stderr.
 */
export async function askPython<Answer>(
  script: string,
  job: Readonly<Record<string, unknown>>,
  arrays: Readonly<Record<string, Array>>,
): Promise<{ answer: Answer; scores: Float64Array }> {
  const folder = await mkdtemp(join(tmpdir(), 'trimtab-peer-'));
  try {
    await writeFile(join(folder, 'job.json'), JSON.stringify(job));
    for (const [name, values] of Object.entries(arrays))
      await writeFile(join(folder, name), bytesOf(values));
    const file = fileURLToPath(new URL(`./${script}.py`, import.meta.url));
    const { stdout } = await run(python(), [file, folder], { maxBuffer: 2 ** 26 });
    const left = join(folder, 'scores.f64');
    const bytes = existsSync(left) ? await readFile(left) : new Uint8Array(0);
    return { answer: JSON.parse(stdout) as Answer, scores: new Float64Array(bytes.slice().buffer) };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** A peer that learns and scores each split of a task. @param options as the script's docstring names them. */
export function pythonTool(script: string, options: Readonly<Record<string, unknown>>): Tool {
  return async (task) => {
    const test = task.splits.map((split) => rowsOf(task.starts, split.test));
    const { scores } = await askPython(script, { ...shapeOf(task), options }, arraysOf(task));
    let first = 0;
    return test.map(({ length }) => scores.slice(first, (first += length)));
  };
}

const shapeOf = ({ columns: { rows, features }, splits, starts }: Task) => ({
  rows,
  features,
  splits: splits.map(({ train, test }) => ({
    groups: train.length,
    train: rowsOf(starts, train).length,
    test: rowsOf(starts, test).length,
  })),
});

const arraysOf = ({ columns, labels, splits, starts }: Task) => ({
  'codes.u8': columns.codes,
  'labels.f64': labels,
  'groups.u32': joined(splits.map(({ train }) => lengthsOf(starts, train))),
  'train.u32': joined(splits.map(({ train }) => rowsOf(starts, train))),
  'test.u32': joined(splits.map(({ test }) => rowsOf(starts, test))),
});

function joined(parts: readonly Uint32Array[]): Uint32Array {
  const all = new Uint32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

const bytesOf = ({ buffer, byteOffset, byteLength }: Array) =>
  new Uint8Array(buffer, byteOffset, byteLength);
