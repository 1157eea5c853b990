import { globSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

const PER_KIB = 1024;

/** Resident memory of a process, in bytes. @throws Error where Linux does not tell. */
export function residentBytes(pid: number): number {
  const found = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  if (found === null) throw new Error(`process ${pid} tells no resident memory`);
  return Number(found[1]) * PER_KIB;
}

/** Bytes of all files that match; files that go away meanwhile count as nothing. */
export const bytesOf = (folder: string, pattern: string): number =>
  globSync(pattern, { cwd: folder }).reduce(
    (sum, file) => sum + (statSync(join(folder, file), { throwIfNoEntry: false })?.size ?? 0),
    0,
  );
