import type { IncomingMessage } from 'node:http';
import { invalid } from '../../../shared/domain/errors.ts';

/** The body of an answer: a connection that ends early is no end of it. @throws ApiError 400 while it is read. */
export async function* receivedWhole(answer: IncomingMessage): AsyncGenerator<Buffer> {
  try {
    for await (const chunk of answer) yield chunk as Buffer;
  } catch {
    throw cutOff();
  }
  if (!answer.complete) throw cutOff();
}

/** @param tooLarge what is thrown where there are more. */
export async function* atMost(
  bytes: AsyncIterable<Buffer>,
  maxBytes: number,
  tooLarge: () => Error,
): AsyncGenerator<Buffer> {
  let size = 0;
  for await (const chunk of bytes) {
    size += chunk.length;
    if (size > maxBytes) throw tooLarge();
    yield chunk;
  }
}

const cutOff = () => invalid('the connection ended before all of it had come');
