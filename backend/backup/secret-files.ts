import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import type { StateDir } from '../config/state-dir.ts';

/** Where `trimtab deploy` keeps what it has set at an edge, which nobody can read back from there. */
const DEPLOYED = 'deployed';
const OWNER_ONLY = 0o600;
const OWNER_ONLY_FOLDER = 0o700;

/** Files with keys and secrets, by their paths in the state directory. */
type SecretFiles = Readonly<Record<string, string>>;

/** @returns the keys of this machine and those of its deployments, as bytes; undefined where there are none. */
export function readSecretFiles(state: StateDir): Uint8Array | undefined {
  const deployed = join(state.path, DEPLOYED);
  const paths = [
    ...(existsSync(state.keys) ? [state.keys] : []),
    ...(existsSync(deployed)
      ? readdirSync(deployed, { recursive: true, withFileTypes: true })
          .filter((entry) => entry.isFile())
          .map((entry) => join(entry.parentPath, entry.name))
      : []),
  ].toSorted();
  if (paths.length === 0) return undefined;
  const files: SecretFiles = Object.fromEntries(
    paths.map((path) => [relative(state.path, path), readFileSync(path, 'utf8')]),
  );
  return new TextEncoder().encode(JSON.stringify(files));
}

/**
 * Puts them into a state directory, their owner's alone. Files that are there with the same text stay.
 * @returns the paths of those that were written. @throws Error before any is written, where one is there with another text.
 */
export function writeSecretFiles(state: StateDir, bytes: Uint8Array): string[] {
  const files = Object.entries(JSON.parse(new TextDecoder().decode(bytes)) as SecretFiles);
  const missing = files.filter(([name, text]) => {
    if (name.split('/').includes('..')) throw new Error(`the backup names a file ${name}`);
    const path = join(state.path, name);
    if (!existsSync(path)) return true;
    if (readFileSync(path, 'utf8') === text) return false;
    throw new Error(`${path} is there and has other keys than the backup: move it away first`);
  });
  return missing.map(([name, text]) => {
    const path = join(state.path, name);
    mkdirSync(dirname(path), { recursive: true, mode: OWNER_ONLY_FOLDER });
    writeFileSync(path, text, { mode: OWNER_ONLY, flag: 'wx', flush: true });
    return path;
  });
}
