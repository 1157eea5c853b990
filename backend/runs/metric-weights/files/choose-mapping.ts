import { readdirSync, readFileSync } from 'node:fs';
import { invalid } from '../../../../shared/domain/errors.ts';
import { messageOf } from '../../../../shared/text/message-of.ts';
import { columnsOfMapping, parseMapping, type FileMapping } from './mapping.ts';

const BUILT_IN = new URL('../mappings/', import.meta.url);

/** @throws ApiError when the file is not there, is no JSON or no mapping. */
export function readMapping(file: string | URL): FileMapping {
  const name = String(file);
  try {
    return parseMapping(JSON.parse(readFileSync(file, 'utf8').replace(/^\uFEFF/, '')), name);
  } catch (error) {
    if (error instanceof SyntaxError)
      throw invalid(`mapping ${name} is not JSON: ${messageOf(error)}`);
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT')
      throw invalid(`there is no mapping file ${name}`);
    throw error;
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
