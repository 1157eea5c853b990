import { parseEnv } from 'node:util';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { withVariables } from '../../../backend/deploy/env-file.ts';

const names = fc.stringMatching(/^[A-Z][A-Z0-9_]{0,12}$/);
/** What keys, addresses and a derived secret are made of. */
const values = fc.stringMatching(/^[\w:/.,=+-]([\w:/.,=+ -]{0,30}[\w:/.,=+-])?$/);
const variables = fc.dictionary(names, values, { maxKeys: 6, noNullPrototype: true });

/** As container engines read such files: no quotes, no comments behind a value. */
const literally = (text: string) =>
  Object.fromEntries(
    text
      .split('\n')
      .filter((line) => /^[^#]+=/.test(line))
      .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  );

test('what is written is read back the same by Node and literally, whatever stood there before', () => {
  fc.assert(
    fc.property(variables, variables, (before, after) => {
      const text = withVariables(withVariables('# heading\n', before), after);
      expect(parseEnv(text)).toEqual({ ...before, ...after });
      expect(literally(text)).toEqual({ ...before, ...after });
      expect(withVariables(text, after)).toBe(text);
      expect(text.startsWith('# heading\n')).toBe(true);
    }),
  );
});

test('a name within another name or a value is left alone', () => {
  const text = 'MY_KEY=KEY=1\nKEYS=2\n#KEY=3';
  expect(withVariables(text, { KEY: '4' })).toBe(`${text}\nKEY=4\n`);
});

test.each(['a"b', "a'b", 'a#b', 'a$b', 'a\\b', 'a\nB=c', ' a', 'a '])(
  'a value that readers understand differently is refused: %j',
  (value) => {
    expect(() => withVariables('', { SECRET: value })).toThrow('the value of SECRET');
  },
);
