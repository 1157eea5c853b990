import type { EdgeAccess } from './edge-kv.ts';

const TIMEOUT_MS = 5000;

/** The part of the edge's `GET /v1/version` by which a backend tells what the Worker that is deployed can do. One from before says nothing. */
interface EdgeKnowledge {
  /** The newest format of scorers that it reads. */
  readonly scorerFormat?: number;
  /** The newest format of snapshots that it reads. */
  readonly snapshotFormat?: number;
  /** The newest format of patches of snapshots that it reads. */
  readonly patchFormat?: number;
  /** Whether it keeps sessions from online deltas that are held out of them. */
  readonly holdsOut?: boolean;
  /** Whether it takes a batch of online deltas for several cells, under a number that decisions name it by. */
  readonly numbersDeltas?: boolean;
}

/** @returns undefined where it does not answer. */
export async function whatEdgeKnows({
  edgeUrl,
  secretKey,
}: Pick<EdgeAccess, 'edgeUrl' | 'secretKey'>): Promise<EdgeKnowledge | undefined> {
  try {
    const response = await fetch(`${edgeUrl}/v1/version`, {
      headers: { authorization: `Bearer ${secretKey}` },
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    return response.ok ? ((await response.json()) as EdgeKnowledge) : undefined;
  } catch {
    return undefined;
  }
}
