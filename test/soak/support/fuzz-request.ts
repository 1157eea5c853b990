import { request } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { SIGNATURE_HEADER, signBody } from '../../../shared/domain/ingest-signature.ts';
import type { System } from '../../support/system.ts';

/** One request as it is sent. Keys are named, so that it can be printed and sent again. */
export interface FuzzRequest {
  readonly to: 'edge' | 'backend';
  readonly method: string;
  /** Goes as it is: nothing is normalised. */
  readonly path: string;
  /** `ingest` signs the body, as the edge does. */
  readonly key: 'none' | 'wrong' | 'publishable' | 'secret' | 'ingest';
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Uint8Array<ArrayBuffer>;
}

export type FuzzAnswer =
  | { readonly status: number; readonly text: string }
  /** `hang`, or the code of a connection that broke. */
  | { readonly failed: string };

/** Far longer than any answer takes on a busy machine. */
const PATIENCE_MS = 90_000;

export function sendFuzz(system: System, asked: FuzzRequest): Promise<FuzzAnswer> {
  const { to, method, path, headers, body } = asked;
  const { hostname, port } = new URL(system[to].url);
  return new Promise((resolve) => {
    const sent = request(
      {
        hostname,
        port,
        method,
        path,
        // A connection of its own: a kept one may be closed for its age while the request is on its way.
        agent: false,
        headers: {
          ...headers,
          ...authorisation(system, asked),
          ...(body && { 'content-length': String(body.length) }),
        },
      },
      (response) => {
        buffer(response).then(
          (bytes) => resolve({ status: response.statusCode ?? 0, text: bytes.toString('utf8') }),
          (error: NodeJS.ErrnoException) => resolve({ failed: error.code ?? error.message }),
        );
      },
    );
    const timer = setTimeout(() => {
      resolve({ failed: 'hang' });
      sent.destroy();
    }, PATIENCE_MS);
    sent.once('error', (error: NodeJS.ErrnoException) =>
      resolve({ failed: error.code ?? error.message }),
    );
    sent.once('close', () => clearTimeout(timer));
    sent.end(body);
  });
}

function authorisation({ keys }: System, { key, body }: FuzzRequest): Record<string, string> {
  switch (key) {
    case 'none':
      return {};
    case 'wrong':
      return { authorization: 'Bearer sk_wrong' };
    case 'publishable':
      return { authorization: `Bearer ${keys.publishableKey}` };
    case 'secret':
      return { authorization: `Bearer ${keys.secretKey}` };
    case 'ingest':
      return {
        [SIGNATURE_HEADER]: signBody(body ?? new Uint8Array(), keys.ingestSecret, Date.now()),
      };
    default:
      throw key satisfies never;
  }
}

/** One line, which `--replay` reads; its bytes in Latin-1, so that most of it can be read by people too. */
export const toLine = ({ body, ...rest }: FuzzRequest): string =>
  JSON.stringify({ ...rest, ...(body && { body: Buffer.from(body).toString('latin1') }) });

export function fromLine(line: string): FuzzRequest {
  const { body, ...rest } = JSON.parse(line) as Omit<FuzzRequest, 'body'> & { body?: string };
  return {
    ...rest,
    ...(body !== undefined && { body: Uint8Array.from(Buffer.from(body, 'latin1')) }),
  };
}
