import { CROSSES_FORMAT } from '../../shared/format/scorer-bytes.ts';
import type { EdgeAccess } from './edge-kv.ts';

const TIMEOUT_MS = 5000;

/**
 * Whether the edge reads scorers with learned crosses. One from before they were known says nothing of formats, and refuses such
 * scorers: it would go on with what it has, or with the bundled rules. So none is made until the edge was upgraded as well.
 * @returns undefined where it does not answer.
 */
export async function edgeReadsCrosses({
  edgeUrl,
  secretKey,
}: Pick<EdgeAccess, 'edgeUrl' | 'secretKey'>): Promise<boolean | undefined> {
  try {
    const response = await fetch(`${edgeUrl}/v1/version`, {
      headers: { authorization: `Bearer ${secretKey}` },
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    if (!response.ok) return undefined;
    const { scorerFormat = 0 } = (await response.json()) as { readonly scorerFormat?: number };
    return scorerFormat >= CROSSES_FORMAT;
  } catch {
    return undefined;
  }
}
