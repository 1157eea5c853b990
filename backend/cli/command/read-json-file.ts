import { readFileSync } from 'node:fs';
import { messageOf } from '../../../shared/text/message-of.ts';
import { parseJson } from '../../table/parse-json.ts';
import { CliError } from '../../client/failure.ts';

/** @throws CliError naming the file, where it cannot be read or holds no JSON. */
export function readJsonFile(file: string): unknown {
  let text: string;
  try {
    // An editor's byte-order mark is not JSON.
    text = readFileSync(file, 'utf8').replace(/^\uFEFF/, '');
  } catch (error) {
    throw new CliError(`cannot read ${file}: ${messageOf(error)}`, 2, 'no_file');
  }
  try {
    return parseJson(text);
  } catch (error) {
    const problem = error instanceof SyntaxError ? ' is not JSON' : '';
    throw new CliError(`${file}${problem}: ${messageOf(error)}`, 2);
  }
}
