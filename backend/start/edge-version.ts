/** The part of the edge's `GET /v1/version` that `trimtab start` needs. */
export interface EdgeVersion {
  readonly weights: string;
  readonly schemaHash: string;
  readonly snapshot: string;
  readonly items: number;
  readonly degraded: boolean;
  /** Why it is. */
  readonly problems?: readonly string[];
}

export async function isAnswering(url: string, signal: AbortSignal): Promise<void> {
  const response = await fetch(url, { signal });
  const text = await response.text();
  if (!response.ok) throw new Error(`${url} answered ${response.status}: ${text.slice(0, 200)}`);
}

/** @param secretKey only to it does the edge tell what is wrong. @throws while the edge still ranks with bundled weights or an older catalogue. */
export async function liveVersion(
  edgeUrl: string,
  secretKey: string,
  leastItems: number,
  signal: AbortSignal,
): Promise<EdgeVersion> {
  const response = await fetch(`${edgeUrl}/v1/version`, {
    signal,
    headers: { authorization: `Bearer ${secretKey}` },
  });
  if (!response.ok) throw new Error(`${edgeUrl}/v1/version answered ${response.status}`);
  const version: EdgeVersion = JSON.parse(await response.text());
  if (version.degraded || version.items < leastItems) {
    throw new Error(
      `the edge has weights ${version.weights}${version.degraded ? ` (degraded: ${version.problems?.join('; ')})` : ''} and ${version.items} of ${leastItems} items`,
    );
  }
  return version;
}
