import { CliError } from '../client/failure.ts';

export interface ExplainedItem {
  readonly id: string;
  readonly position: number;
  readonly score: number;
  readonly reasons: readonly {
    readonly feature: string;
    readonly because: string;
    readonly points: number;
  }[];
}

/** Ranks once. @throws CliError with what the edge said. */
export async function rankOnce(
  edgeUrl: string,
  key: string,
  request: object,
): Promise<readonly ExplainedItem[]> {
  const response = await fetch(`${edgeUrl}/v1/rank`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify(request),
  });
  const text = await response.text();
  if (!response.ok)
    throw new CliError(`${edgeUrl}/v1/rank answered ${response.status}: ${text.slice(0, 300)}`);
  return (JSON.parse(text) as { items: readonly ExplainedItem[] }).items;
}

/** A command that asks for a ranking. A quote within the text is closed, escaped and opened again, as shells have it. */
export const rankCommand = (edgeUrl: string, key: string, request: object): string =>
  `  curl -s ${edgeUrl}/v1/rank \\
    -H 'authorization: Bearer ${key}' \\
    -H 'content-type: application/json' \\
    -d '${JSON.stringify(request).replaceAll("'", String.raw`'\''`)}'`;

/** What fits the trips of the demo. */
export const TRIP_REQUEST = {
  sessionId: 'try-1',
  preferences: {
    themes: ['hiking', 'food'],
    difficulty: 3,
    durationDays: { min: 6, max: 10 },
    budget: 1500,
    countries: ['PT', 'IT'],
    continents: ['Europe'],
  },
  limit: 3,
  explain: true,
};
