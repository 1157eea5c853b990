import { ApiError, invalid } from '../../shared/domain/errors.ts';
import { messageOf } from '../../shared/text/message-of.ts';
import type { OfflineRanker } from './offline-ranker.ts';

/** Some neighbouring lines of a file of requests. */
export interface Lines {
  readonly text: readonly string[];
  /** Number of the first, from 1. */
  readonly first: number;
  /** Seed of line 1; each line has the next one, modulo 2³². */
  readonly seed: number;
}

export interface ScoredLines {
  /** JSON lines: `{line, weights, snapshot, items}`, or `{line, error: {code, message}}`. */
  readonly text: string;
  readonly ranked: number;
  readonly refused: number;
}

/** Ranks lines; one that is refused is answered with why, in its place. Empty lines have no answer. */
export function scoreLines(
  rank: OfflineRanker,
  { text, first, seed }: Lines,
  nowMs: number,
): ScoredLines {
  const answers: string[] = [];
  let refused = 0;
  text.forEach((own, i) => {
    if (own.trim() === '') return;
    const line = first + i;
    const draw = { seed: (seed + line - 1) >>> 0, nowMs };
    try {
      answers.push(JSON.stringify({ line, ...rank(parsed(own), draw) }));
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      refused++;
      answers.push(JSON.stringify({ line, error }));
    }
  });
  return {
    text: answers.map((answer) => `${answer}\n`).join(''),
    ranked: answers.length - refused,
    refused,
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw invalid(`the line is not JSON: ${messageOf(error).slice(0, 160)}`);
  }
}
