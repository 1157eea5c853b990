import type { Outbound } from './outbound.ts';

const TIMEOUT_MS = 5000;

/** Where traces are sent to. */
export interface TraceAddress {
  readonly endpoint: string;
  /** They hold keys, and are shown nowhere. */
  readonly headers: Readonly<Record<string, string>>;
}

/** Posts OTLP to the address that an operator set, under the rules of all that the backend asks. @returns the status of the answer. */
export const sendTracesTo =
  ({ endpoint, headers }: TraceAddress, { request }: Outbound) =>
  async (body: string): Promise<number> => {
    const answer = await request(new URL(endpoint), {
      method: 'POST',
      body,
      headers: {
        ...headers,
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(body),
      },
      signal: AbortSignal.timeout(TIMEOUT_MS),
      isOwn: true,
    });
    answer.destroy();
    return answer.statusCode ?? 0;
  };
