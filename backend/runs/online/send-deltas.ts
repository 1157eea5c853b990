import { Agent as HttpAgent, request as httpRequest } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import type { Version } from '../../../shared/domain/ids.ts';
import type { Holdout } from '../../../shared/domain/weight-delta.ts';
import type { EdgeAccess } from '../../models/edge-kv.ts';

/** What the LiveWeights of one arm adds to the published weights. */
export interface DeltaBatch {
  readonly arm: string;
  readonly baseVersion: Version;
  /** A list of `WeightDelta` as JSON. Empty: what was sent before is dropped. */
  readonly deltas: string;
  readonly holdout?: Holdout;
  /** By which decisions name the deltas; absent where there are none. */
  readonly number?: number;
}

const TIMEOUT_MS = 15_000;

/**
 * Replaces what was sent to some cells before, so that a batch that arrives twice has the effect of one.
 * @param atOnce whether the edge takes a batch for several cells; one that does not knows of no numbers either.
 * @returns why a cell did not take it, of each that did not.
 */
export async function sendDeltas(
  edge: Pick<EdgeAccess, 'edgeUrl' | 'secretKey'>,
  batch: DeltaBatch,
  cells: readonly string[],
  atOnce: boolean,
): Promise<ReadonlyMap<string, string>> {
  const refused = new Map<string, string>();
  for (const some of atOnce ? [cells] : cells.map((cell) => [cell]))
    try {
      const answer = await post(edge, bodyOf(batch, some, atOnce));
      for (const { cell, refused: why } of answer.cells ?? [])
        if (why !== undefined) refused.set(cell, why);
    } catch (error) {
      for (const cell of some)
        refused.set(cell, error instanceof Error ? error.message : String(error));
    }
  return refused;
}

function bodyOf(batch: DeltaBatch, cells: readonly string[], atOnce: boolean): string {
  const { deltas, number, ...others } = batch;
  const to = atOnce ? { cells, number } : { cell: cells[0] };
  // The deltas are JSON already, and most of the body.
  return `{"deltas":${deltas},${JSON.stringify({ ...others, ...to, replaces: true }).slice(1)}`;
}

interface Answer {
  /** Of a batch for several cells. */
  readonly cells?: readonly { readonly cell: string; readonly refused?: string }[];
}

/** Kept open from turn to turn. */
const AGENTS = {
  'http:': new HttpAgent({ keepAlive: true, maxSockets: 4 }),
  'https:': new HttpsAgent({ keepAlive: true, maxSockets: 4 }),
};

/**
 * Not by `fetch`, whose streams and promises take four times the processor time of Node's own client, which every few seconds is a large
 * part of a turn. A kept connection that the edge gave up while it was taken into use is no answer: the batch is sent by another one. workerd
 * gives connections up after 5 s, which is also how long a turn waits. @throws Error with the edge's answer, unless it accepted the batch.
 */
async function post(
  { edgeUrl, secretKey }: Pick<EdgeAccess, 'edgeUrl' | 'secretKey'>,
  body: string,
): Promise<Answer> {
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  for (;;) {
    const answered = await postOnce(edgeUrl, secretKey, body, signal);
    if (answered === 'given up') continue;
    const { status, text } = answered;
    if (status < 200 || status >= 300) throw new Error(`status ${status}: ${text.slice(0, 200)}`);
    return JSON.parse(text) as Answer;
  }
}

function postOnce(
  edgeUrl: string,
  secretKey: string,
  body: string,
  signal: AbortSignal,
): Promise<{ status: number; text: string } | 'given up'> {
  const url = new URL(`${edgeUrl}/v1/live/deltas`);
  const isSecure = url.protocol === 'https:';
  return new Promise((resolve, reject) => {
    const sending = (isSecure ? httpsRequest : httpRequest)(url, {
      method: 'POST',
      agent: AGENTS[isSecure ? 'https:' : 'http:'],
      signal,
      headers: {
        authorization: `Bearer ${secretKey}`,
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(body),
      },
    });
    sending.on('error', (error: NodeJS.ErrnoException) => {
      const isGivenUp = sending.reusedSocket && ['ECONNRESET', 'EPIPE'].includes(error.code ?? '');
      if (isGivenUp) resolve('given up');
      else reject(error);
    });
    sending.on('response', (response) => {
      let said = '';
      response.setEncoding('utf8');
      response.on('data', (part: string) => (said += part));
      response.on('error', reject);
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text: said }));
    });
    sending.end(body);
  });
}
