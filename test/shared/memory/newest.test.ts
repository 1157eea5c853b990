import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

const run = promisify(execFile);
const script = fileURLToPath(new URL('./rank-and-collect.ts', import.meta.url));

/** Of each part of a ranking the function that most of its time is spent in. */
const HOT = [
  'parseRankRequest',
  'requestInMarket',
  'encodeRequest',
  'compileScores',
  'poolOf',
  'topRows',
  'rankSlate',
  'drawSlate',
  'signToken',
  'writeDecision',
];

describe('compiled code of rankings', () => {
  it('outlives the objects that it was compiled for', async () => {
    const flags = ['--expose-gc', '--trace-opt', '--trace-deopt'];
    const { stdout } = await run(process.execPath, [...flags, script], { maxBuffer: 2 ** 27 });
    expect(stdout.trimEnd()).toMatch(/ranked true$/);
    const lines = stdout.split('\n');
    const compiled = lines.filter((line) => line.startsWith('[completed compiling'));
    expect(HOT.filter((name) => !compiled.some((line) => line.includes(` ${name} `)))).toEqual([]);
    const thrownAway = lines.filter((line) => line.includes('embedded weak objects cleared'));
    expect(
      HOT.filter((name) => thrownAway.some((line) => line.includes(`SharedFunctionInfo ${name}>`))),
    ).toEqual([]);
  });
});
