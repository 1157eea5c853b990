import { invalid } from '../../shared/domain/errors.ts';

const DELIMITERS = [',', ';', '\t'] as const;
const NAMES: Readonly<Record<string, string>> = {
  comma: ',',
  semicolon: ';',
  tab: '\t',
  '\\t': '\t',
  pipe: '|',
};

/** The delimiter of the columns: whichever of comma, semicolon and tab the header line has most of, outside of quotes. */
export function delimiterOf(head: string): string {
  const counts = new Map<string, number>();
  let isQuoted = false;
  for (const char of head.trimStart()) {
    if (char === '"') isQuoted = !isQuoted;
    else if (isQuoted) continue;
    else if (char === '\n' || char === '\r') break;
    else counts.set(char, (counts.get(char) ?? 0) + 1);
  }
  const count = (delimiter: string) => counts.get(delimiter) ?? 0;
  return DELIMITERS.reduce((most, other) => (count(other) > count(most) ? other : most));
}

/** A delimiter as a person writes it: the character, or `tab`. @throws ApiError 400. */
export function readDelimiter(text: string): string {
  const delimiter = NAMES[text.toLowerCase()] ?? text;
  if (delimiter.length === 1 && !/["\r\n]/.test(delimiter)) return delimiter;
  throw invalid(
    `a delimiter must be one character (or "tab"), not a quote or a line end, but was ${JSON.stringify(text)}`,
  );
}
