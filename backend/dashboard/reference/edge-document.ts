import { reasonOf } from '../../process/logger.ts';

const TIMEOUT_MS = 5000;

/**
 * What the edge describes of itself, with the address at which this backend reaches it, so that examples can be tried as they stand. The page cannot ask for
 * it: it may connect to its own address alone.
 * @throws Error saying why where the edge does not answer.
 */
export async function edgeDocument(edgeUrl: string): Promise<object> {
  let response: Response;
  try {
    response = await fetch(`${edgeUrl}/openapi.json`, { signal: AbortSignal.timeout(TIMEOUT_MS) });
    if (response.ok) return { ...((await response.json()) as object), servers: [{ url: edgeUrl }] };
  } catch (error) {
    throw new Error(`the edge at ${edgeUrl} does not answer: ${reasonOf(error)}`, { cause: error });
  }
  throw new Error(`the edge at ${edgeUrl} answered ${response.status}`);
}
