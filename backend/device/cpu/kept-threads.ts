import { KernelThreads } from './kernel-threads.ts';

/**
 * A training run fits several times in turn: for each window, on trial, on all slates. Threads take as long to start as a small fit
 * takes, and memory that is touched for the first time costs several times what is done in it. So the threads and the memory of
 * the last pool are kept a while for the next one of the same calling thread.
 */
const KEPT_MS = 10_000;
let kept: KernelThreads | undefined;
let timer: NodeJS.Timeout | undefined;

/** @returns threads over a memory of at least so many pages, which are the caller's alone until they are given back. */
export function takeThreads(pages: number, count: number): KernelThreads {
  if (kept?.count !== count) return new KernelThreads(pages, count);
  const threads = kept;
  forget();
  try {
    threads.growTo(pages);
  } catch (error) {
    void threads.end();
    throw error;
  }
  return threads;
}

/** Keeps them in place of those that were kept before, unless a kernel has failed on them. @param usedBytes of their memory. */
export async function giveBackThreads(threads: KernelThreads, usedBytes: number): Promise<void> {
  if (threads.isBroken) return threads.end();
  threads.usedBytes = Math.max(threads.usedBytes, usedBytes);
  const before = kept;
  forget();
  kept = threads;
  timer = setTimeout(() => {
    kept = undefined;
    void threads.end();
  }, KEPT_MS).unref();
  await before?.end();
}

function forget(): void {
  clearTimeout(timer);
  kept = undefined;
}
