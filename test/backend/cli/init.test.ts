import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { proposalText } from '../../../backend/cli/init/init-text.ts';
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
