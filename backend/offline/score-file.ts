import { startThread } from '../process/thread.ts';
import { readText } from '../table/read-text.ts';
import type { Published } from './published.ts';
import type { RelatedReader } from './related-reader.ts';
import { relatedOf, type ScoredLines } from './score-lines.ts';
import type { ScoreWorker } from './score-worker.ts';

/** A rank request has at most 1 MiB at the edge. */
export const MAX_LINE_BYTES = 1024 * 1024;
/** Lines that a thread is given at once: many enough that a thread does not wait for the next ones. */
const CHUNK = 64;

export interface ScoreRun {
  readonly threads: number;
  /** Seed of line 1; each line has the next one, modulo 2³². */
  readonly seed: number;
  /** Epoch ms: the moment of all rankings. */
  readonly nowMs: number;
  readonly related: RelatedReader;
  /** Is given the answers in the order of the lines. */
  readonly write: (text: string) => Promise<void>;
  /** @param lines how many are done. */
  readonly progress: (lines: number) => void;
}

interface Chunk {
  readonly text: readonly string[];
  readonly first: number;
}

/**
 * Ranks the requests of a file of JSON lines, `-` for stdin; gzip is recognised. Each thread ranks whole requests, so any number
 * of threads gives the same bytes.
 * @returns how many were ranked and refused. @throws ApiError 400 where the file cannot be read.
 */
export async function scoreFile(
  file: string,
  published: Published,
  { threads, seed, nowMs, related, write, progress }: ScoreRun,
): Promise<Pick<ScoredLines, 'ranked' | 'refused'>> {
  const chunks = chunksOf(readText(file, MAX_LINE_BYTES));
  const url = new URL('./score-worker.ts', import.meta.url);
  const pool = Array.from({ length: threads }, () => startThread<ScoreWorker>(url, published));
  const total = { ranked: 0, refused: 0 };
  let done = 0;
  // What comes out of turn waits for what is before it.
  let written = Promise.resolve();
  const work = async (thread: (typeof pool)[number]) => {
    for (;;) {
      const next = chunks.next();
      const before = written;
      // Taken in the same order as the chunks, which a generator gives one by one.
      const turn = Promise.withResolvers<void>();
      written = turn.promise;
      const { value, done: isEnd } = await next;
      if (isEnd === true) {
        await before;
        turn.resolve();
        return;
      }
      const found = await relatedOf(value.text, related);
      const lines = { ...value, seed, ...(found && { related: found }) };
      const scored = await thread.call((remote) => remote.score(lines, nowMs));
      await before;
      await write(scored.text);
      total.ranked += scored.ranked;
      total.refused += scored.refused;
      done += value.text.length;
      progress(done);
      turn.resolve();
    }
  };
  try {
    // Two chunks of each thread are under way, so that none waits for its next one, or for its turn to be written.
    await Promise.all(pool.flatMap((thread) => [work(thread), work(thread)]));
  } finally {
    void chunks.return(undefined);
    await Promise.all(pool.map((thread) => thread.stop()));
  }
  return total;
}

async function* chunksOf(pieces: AsyncIterable<string>): AsyncGenerator<Chunk, undefined> {
  let first = 1;
  let lines: string[] = [];
  for await (const line of linesOf(pieces)) {
    lines.push(line);
    if (lines.length < CHUNK) continue;
    yield { text: lines, first };
    first += lines.length;
    lines = [];
  }
  if (lines.length > 0) yield { text: lines, first };
}

/** Where the last line ends with a line feed there is no empty one after it. */
export async function* linesOf(pieces: AsyncIterable<string>): AsyncGenerator<string> {
  let rest = '';
  for await (const piece of pieces) {
    const lines = (rest + piece).split('\n');
    rest = lines.pop()!;
    yield* lines;
  }
  if (rest !== '') yield rest;
}
