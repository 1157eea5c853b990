import { invalid } from '../../shared/domain/errors.ts';
import { messageOf } from '../../shared/text/message-of.ts';
import { parseJson } from './parse-json.ts';
import { readText } from './read-text.ts';

export interface JsonRow {
  readonly value: unknown;
  /** `line 3`, or `items[2]` of an array. */
  readonly where: string;
}

const MAX_BYTES = 256 * 1024 * 1024;

/**
 * The values of a file of JSON lines, or of one JSON array: its first character says which.
 * @throws ApiError 400 with the file and the line that is no JSON.
 */
export async function* jsonRows(file: string): AsyncGenerator<JsonRow> {
  try {
    yield* rowsOf(readText(file, MAX_BYTES));
  } catch (error) {
    throw invalid(`${file}: ${messageOf(error)}`);
  }
}

async function* rowsOf(text: AsyncIterable<string>): AsyncGenerator<JsonRow> {
  let [rest, line, isArray, size]: [string, number, boolean | undefined, number] = [
    '',
    0,
    undefined,
    0,
  ];
  for await (const piece of text) {
    rest += piece;
    isArray ??= rest.trimStart() === '' ? undefined : rest.trimStart().startsWith('[');
    size += piece.length;
    if (isArray === true && size > MAX_BYTES)
      throw invalid('a JSON array may have 256 MiB: write one item per line instead');
    if (isArray !== false) continue;
    const lines = rest.split('\n');
    rest = lines.pop()!;
    for (const one of lines) yield* rowOf(one, ++line);
  }
  if (isArray === true) yield* arrayOf(rest);
  else yield* rowOf(rest, line + 1);
}

function* rowOf(text: string, line: number): Generator<JsonRow> {
  if (text.trim() === '') return;
  yield {
    value: parsed(text, `line ${line}`, `line ${line} is not JSON: ${text.slice(0, 80)}`),
    where: `line ${line}`,
  };
}

function* arrayOf(text: string): Generator<JsonRow> {
  const values = parsed(text, 'the array', 'it begins as a JSON array and is none');
  if (!Array.isArray(values)) throw invalid('it begins as a JSON array and is none');
  yield* values.map((value, index) => ({ value, where: `items[${index}]` }));
}

function parsed(text: string, where: string, problem: string): unknown {
  try {
    return parseJson(text);
  } catch (error) {
    const message = messageOf(error).slice(0, 160);
    throw invalid(
      error instanceof SyntaxError ? `${problem} (${message})` : `${where}: ${message}`,
    );
  }
}
