import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { needs } from './needs.ts';

function mount(sizeBytes: number): string {
  const folder = mkdtempSync(join(tmpdir(), 'trimtab-disk-'));
  try {
    const options = ['-t', 'tmpfs', '-o', `size=${sizeBytes}`, 'tmpfs', folder];
    execFileSync('mount', options, { stdio: 'ignore' });
    return folder;
  } catch (error) {
    rmSync(folder, { recursive: true });
    throw error;
  }
}

function unmount(folder: string): void {
  // Threads that ended a moment ago may hold files on it a little longer.
  execFileSync('umount', ['--lazy', folder]);
  rmSync(folder, { recursive: true });
}

export const smallDiskNeeds = needs(
  (() => {
    try {
      unmount(mount(4096));
      return '';
    } catch {
      return 'a file system can be mounted here by root only, or not at all';
    }
  })(),
);

/** A file system of its own with so many bytes, for one test. */
export function smallDisk(sizeBytes: number): string {
  const folder = mount(sizeBytes);
  onTestFinished(() => unmount(folder));
  return folder;
}
