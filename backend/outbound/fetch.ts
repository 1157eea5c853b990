import { buffer } from 'node:stream/consumers';
import type { Outbound } from './outbound.ts';

/** An identity provider's documents are a few kilobytes. */
const MAX_ANSWER_BYTES = 1_000_000;
const TIMEOUT_MS = 15_000;
const WITHOUT_BODY: ReadonlySet<number> = new Set([204, 205, 304]);

/** As much of `fetch` as a library needs that asks one server for small documents. */
export const fetchBy =
  ({ request }: Outbound, isOwn: (url: URL) => boolean) =>
  async (
    input: string,
    {
      method,
      headers,
      body,
      signal,
    }: {
      readonly method?: string;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body?: unknown;
      readonly signal?: AbortSignal | undefined;
    } = {},
  ): Promise<Response> => {
    const url = new URL(input);
    const limit = AbortSignal.timeout(TIMEOUT_MS);
    const answer = await request(url, {
      method,
      headers: { ...headers },
      body: body === undefined || body === null ? undefined : textOf(body),
      signal: signal === undefined ? limit : AbortSignal.any([signal, limit]),
      isOwn: isOwn(url),
    });
    let size = 0;
    answer.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > MAX_ANSWER_BYTES) answer.destroy(new Error('the answer is too long'));
    });
    const bytes = await buffer(answer);
    const status = answer.statusCode ?? 0;
    const pairs = Object.entries(answer.headers).flatMap(([name, value]) =>
      [value ?? []].flat().map((one): [string, string] => [name, one]),
    );
    return new Response(WITHOUT_BODY.has(status) ? null : new Uint8Array(bytes), {
      status,
      headers: pairs,
    });
  };

function textOf(body: unknown): string {
  if (typeof body === 'string') return body;
  if (body instanceof URLSearchParams) return body.toString();
  throw new Error('the body must be a text or a form');
}
