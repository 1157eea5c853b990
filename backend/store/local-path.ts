import { fileURLToPath } from 'node:url';

/**
 * Where a local database lies, by libSQL's rules, which take a relative `file:name` too.
 * @returns undefined of a server's address, and of what lies in memory.
 */
export function localPathOf(url: string): string | undefined {
  if (!url.startsWith('file:')) return undefined;
  const [address] = url.split(/[?#]/);
  if (address.startsWith('file:/')) return fileURLToPath(address);
  const path = decodeURIComponent(address.slice('file:'.length));
  return path === '' || path === ':memory:' ? undefined : path;
}
