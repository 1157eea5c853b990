import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { ApiError, invalid } from '../../shared/domain/errors.ts';

/** Gzip is recognised by its first bytes, whatever the name. */
export async function unpackedIfGzip(bytes: AsyncIterable<Buffer>): Promise<AsyncIterable<Buffer>> {
  const [[first, second], whole] = await headOf(bytes, 2);
  return first === 0x1f && second === 0x8b ? unpacked(whole) : whole;
}

/** The first bytes of a stream, and the stream with them. */
export async function headOf(
  bytes: AsyncIterable<Buffer>,
  length: number,
): Promise<[head: Uint8Array, whole: AsyncGenerator<Buffer>]> {
  const rest = bytes[Symbol.asyncIterator]();
  const chunks: Buffer[] = [];
  let size = 0;
  while (size < length) {
    const next = await rest.next();
    if (next.done === true) break;
    const chunk = Buffer.from(next.value);
    chunks.push(chunk);
    size += chunk.length;
  }
  const head = Buffer.concat(chunks);
  return [
    head.subarray(0, length),
    (async function* () {
      if (head.length > 0) yield head;
      try {
        for (let next = await rest.next(); next.done !== true; next = await rest.next())
          yield Buffer.from(next.value);
      } finally {
        await rest.return?.();
      }
    })(),
  ];
}

/** @throws ApiError 400 where it is damaged or cut off, and what reading the bytes throws. */
export async function* unpacked(bytes: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const plain = createGunzip();
  // A failure comes out of `plain` too, which is destroyed with it.
  pipeline(Readable.from(bytes), plain).catch(() => undefined);
  try {
    yield* plain as AsyncIterable<Buffer>;
  } catch (error) {
    // What was wrong with the bytes themselves is said by whoever read them.
    if (error instanceof ApiError) throw error;
    throw invalid(`the gzip file is damaged or cut off (${(error as Error).message})`);
  } finally {
    plain.destroy();
  }
}
