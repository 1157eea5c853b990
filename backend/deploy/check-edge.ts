/** What the edge says of itself after a deployment. */
export type EdgeAnswer =
  | { readonly is: 'ready' }
  /** It is there, and does not work with what the file holds. */
  | { readonly is: 'refused'; readonly why: string }
  | { readonly is: 'silent'; readonly why: string };

const ASK_TIMEOUT_MS = 10_000;

/**
 * Asks the edge with the secret key that the backend will use. New code and secrets take some seconds to be everywhere, so it
 * is asked `tries` times, with `waitMs` between them, until it is ready.
 */
export async function checkEdge(
  url: string,
  secretKey: string,
  { tries, waitMs }: { readonly tries: number; readonly waitMs: number },
): Promise<EdgeAnswer> {
  let last: EdgeAnswer = { is: 'silent', why: 'it was not asked' };
  for (let i = 0; i < tries; i++) {
    if (i > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
    last = await ask(url, secretKey);
    if (last.is === 'ready') break;
  }
  return last;
}

async function ask(url: string, secretKey: string): Promise<EdgeAnswer> {
  try {
    const response = await fetch(`${url}/v1/version`, {
      headers: { authorization: `Bearer ${secretKey}` },
      signal: AbortSignal.timeout(ASK_TIMEOUT_MS),
      redirect: 'error',
    });
    const text = await response.text();
    if (response.ok) return { is: 'ready' };
    return { is: 'refused', why: `${response.status} ${text.slice(0, 300)}` };
  } catch (error) {
    const { message, cause } = error as Error;
    return { is: 'silent', why: cause instanceof Error ? cause.message : message };
  }
}
