import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { proposalText, rankingText } from '../../../backend/cli/init/init-text.ts';
import { writeProject } from '../../../backend/cli/init/project-files.ts';
import { guessColumns } from '../../../backend/catalogue/propose/guess-columns.ts';
import { proposeSchema } from '../../../backend/catalogue/propose/propose-schema.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

test.each(['\n', '\r', '\u2028', '\u2029'])(
  'the name of a file stays in its comment, whatever it holds: %j',
  (end) => {
    const folder = temporaryFolder();
    writeProject(folder, {}, { idColumn: 'id' }, `x${end}throw new Error(1);//.csv`);
    const lines = readFileSync(join(folder, 'trimtab.config.ts'), 'utf8').split(
      /[\n\r\u2028\u2029]/,
    );
    const named = lines.filter((line) => line.includes('throw new Error'));
    expect(named).toHaveLength(1);
    expect(named[0]).toMatch(/^ *\/\//);
  },
);

test('what a file holds is shown as text, and is no command to the terminal', () => {
  const rows = ['\u001b[2Jred', '\u009b2Jblue'].flatMap((kind) =>
    Array.from({ length: 10 }, (_, i) => ({ id: `${kind.length}-${i}`, 'a\u0007b': kind })),
  );
  const guess = guessColumns(['id', 'a\u0007b'], rows, {});
  const text = proposalText('x\u001b.csv', rows.length, guess, proposeSchema('x', guess, rows, 0));
  expect(text).toContain('[2Jred');
  expect(text.replaceAll('\n', '')).not.toMatch(/\p{Cc}/u);
});

describe('the first ranking', () => {
  const shown = (id: string, position: number, score: number) => ({
    id,
    position,
    score,
    propensity: 0.5,
    reasons: [
      { feature: 'tags', because: '1 of the wished', points: 11.22784423828125 },
      { feature: 'brand', because: 'as wished', points: -0.001 },
    ],
  });

  test('tells points with one digit, and leaves out what is as good as nothing', () => {
    const text = rankingText([shown('a', 1, 40), shown('b', 2, 30)], [], {});
    expect(text).toContain('tags 1 of the wished +11.2');
    expect(text).not.toMatch(/11\.22|brand/);
    expect(text).not.toContain('by chance');
  });

  test('says why an item stands above one with more points', () => {
    expect(rankingText([shown('a', 1, 30), shown('b', 2, 40)], [], {})).toContain('by chance');
  });
});
