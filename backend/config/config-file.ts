import { existsSync, readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { messageOf } from '../../shared/text/message-of.ts';

export const TS_NAME = 'trimtab.config.ts';
export const JSON_NAME = 'trimtab.config.json';

export interface ConfigFile {
  /** Absolute. */
  readonly path: string;
  /** As written in the file, not checked yet. */
  readonly given: unknown;
}

/**
 * The configuration file of a directory or the nearest one above it.
 * @throws Error naming the file when it cannot be read, and both when there are two.
 */
export async function readConfigFile(directory: string): Promise<ConfigFile | undefined> {
  const path = findConfigFile(directory);
  if (path === undefined) return undefined;
  try {
    return { path, given: path.endsWith('.json') ? readJson(path) : await importTs(path) };
  } catch (error) {
    throw new Error(`${path}: ${messageOf(error)}`, { cause: error });
  }
}

export function findConfigFile(directory: string): string | undefined {
  for (let at = resolve(directory); ; at = dirname(at)) {
    const [ts, json] = [join(at, TS_NAME), join(at, JSON_NAME)];
    if (existsSync(ts) && existsSync(json))
      throw new Error(
        `there are both ${ts} and ${json}: put all settings into one and delete the other`,
      );
    if (existsSync(ts)) return ts;
    if (existsSync(json)) return json;
    if (at === dirname(at)) return undefined;
  }
}

/** Editors on Windows begin a file with a byte order mark. */
export const readJson = (path: string): unknown =>
  JSON.parse(readFileSync(path, 'utf8').replace(/^\uFEFF/, ''));

async function importTs(path: string): Promise<unknown> {
  // Wherever the file lies, it is this very Trimtab that it configures.
  const hooks = registerHooks({
    resolve: (specifier, context, next) =>
      specifier === 'trimtab/config'
        ? { url: import.meta.resolve('./define-config.ts'), shortCircuit: true }
        : next(specifier, context),
  });
  try {
    const { default: given } = await import(pathToFileURL(path).href);
    if (given === undefined)
      throw new Error('it has no default export: write "export default defineConfig({ … })"');
    return given;
  } finally {
    hooks.deregister();
  }
}
