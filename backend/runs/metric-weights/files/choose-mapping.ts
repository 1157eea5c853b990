import { readdirSync, readFileSync } from 'node:fs';
import { ApiError, invalid } from '../../../../shared/domain/errors.ts';
import { messageOf } from '../../../../shared/text/message-of.ts';
import { parseJson } from '../../../table/parse-json.ts';
import { columnsOfMapping, parseMapping, type FileMapping } from './mapping.ts';

const BUILT_IN = new URL('../mappings/', import.meta.url);

/** @throws ApiError when the file is not there, is no JSON or no mapping. */
export function readMapping(file: string | URL): FileMapping {
  const name = String(file);
  let text: string;
  try {
    text = readFileSync(file, 'utf8').replace(/^\uFEFF/, '');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT')
      throw new ApiError(400, 'no_file', `there is no mapping file ${name}`);
    throw error;
  }
  return parseMapping(jsonOf(text, name), name);
}

function jsonOf(text: string, name: string): unknown {
  try {
    return parseJson(text);
  } catch (error) {
    const problem = error instanceof SyntaxError ? ' is not JSON' : '';
    throw invalid(`mapping ${name}${problem}: ${messageOf(error)}`);
  }
}

/** The built-in mapping all of whose columns the file has. @throws ApiError where none fits. */
export function builtInMapping(header: readonly string[]): { name: string; mapping: FileMapping } {
  for (const file of readdirSync(BUILT_IN).toSorted()) {
    const mapping = readMapping(new URL(file, BUILT_IN));
    if (columnsOfMapping(mapping).every((column) => header.includes(column)))
      return { name: file.replace(/\.json$/, ''), mapping };
  }
  throw invalid(
    `no built-in mapping knows the columns ${header.join(', ')}: say what they are in a --mapping file (MAPPING.md shows how)`,
  );
}
