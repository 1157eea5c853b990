import { ApiError, invalid } from '../../shared/domain/errors.ts';
import { messageOf } from '../../shared/text/message-of.ts';
import type { OfflineRanker } from './offline-ranker.ts';
import type { FoundRelated, RelatedReader } from './related-reader.ts';

/** Some neighbouring lines of a file of requests. */
export interface Lines {
  readonly text: readonly string[];
  /** Number of the first, from 1. */
  readonly first: number;
  /** Seed of line 1; each line has the next one, modulo 2³². */
  readonly seed: number;
  /** By the place of a line among these what is like the items that it names. */
  readonly related?: ReadonlyMap<number, FoundRelated>;
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
  { text, first, seed, related }: Lines,
  nowMs: number,
): ScoredLines {
  const answers: string[] = [];
  let refused = 0;
  text.forEach((own, i) => {
    if (own.trim() === '') return;
    const line = first + i;
    const draw = { seed: (seed + line - 1) >>> 0, nowMs };
    try {
      answers.push(JSON.stringify({ line, ...rank(parsed(own), draw, related?.get(i)) }));
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

/** Finds what is like the items that the lines name, for `scoreLines`. Lines that are not JSON are refused there. */
export async function relatedOf(
  lines: readonly string[],
  reader: RelatedReader,
): Promise<Lines['related']> {
  const found = new Map<number, FoundRelated>();
  for (const [i, text] of lines.entries()) {
    // Only a name that is escaped is not to be seen in the text.
    if (!text.includes('related') && !text.includes('\\u')) continue;
    const body = bodyIn(text);
    const own = body === undefined ? undefined : await reader.find(body.value);
    if (own !== undefined) found.set(i, own);
  }
  return found.size === 0 ? undefined : found;
}

function bodyIn(text: string): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) };
  } catch {
    return undefined;
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw invalid(`the line is not JSON: ${messageOf(error).slice(0, 160)}`);
  }
}
