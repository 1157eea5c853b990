import { createReadStream, existsSync } from 'node:fs';
import { ApiError, invalid } from '../../shared/domain/errors.ts';
import { count } from '../../shared/text/text.ts';
import { headOf, unpackedIfGzip } from './gzip.ts';

const LINE_FEED = 0x0a;

/**
 * The text of a file piece by piece; `-` is stdin. Gzip is recognised by its first bytes, whatever the name, UTF-16 by its
 * byte-order mark; everything else is UTF-8, with or without one. Pieces of UTF-8 end at the end of a line.
 * @param maxLineBytes a longer line is refused before it fills the memory.
 * @throws ApiError 400 when there is no file, it cannot be unpacked, or a line is not of that encoding: it is named.
 */
export function readText(file: string, maxLineBytes: number): AsyncGenerator<string> {
  if (file !== '-' && !existsSync(file))
    throw new ApiError(400, 'no_file', `there is no file ${file}`);
  const bytes: AsyncIterable<Buffer> = file === '-' ? process.stdin : createReadStream(file);
  return textOf(bytes, maxLineBytes);
}

export async function* textOf(
  bytes: AsyncIterable<Buffer>,
  maxLineBytes: number,
): AsyncGenerator<string> {
  const [mark, whole] = await headOf(await unpackedIfGzip(bytes), 3);
  const encoding = wideEncodingOf(mark);
  yield* onlyText(
    encoding === undefined ? utf8Lines(whole, maxLineBytes) : utf16Of(whole, encoding),
  );
}

function wideEncodingOf([first, second]: Uint8Array): string | undefined {
  if (first === 0xff && second === 0xfe) return 'utf-16le';
  return first === 0xfe && second === 0xff ? 'utf-16be' : undefined;
}

async function* utf8Lines(
  bytes: AsyncIterable<Buffer>,
  maxLineBytes: number,
): AsyncGenerator<string> {
  let [line, held, heldBytes]: [number, Buffer[], number] = [1, [], 0];
  // The byte-order mark is taken out by the decoder, as it must be at the start only.
  const decode = (buffer: Buffer) => {
    const text = decodeUtf8(buffer, line);
    line += text.split('\n').length - 1;
    return text;
  };
  for await (const chunk of bytes) {
    const end = chunk.lastIndexOf(LINE_FEED) + 1;
    if (heldBytes + (end === 0 ? chunk.length : chunk.indexOf(LINE_FEED)) > maxLineBytes)
      throw invalid(
        `line ${line} is longer than the maximum of ${count(maxLineBytes)} bytes: is this a text file?`,
      );
    if (end > 0) {
      yield decode(Buffer.concat([...held, chunk.subarray(0, end)]));
      [held, heldBytes] = [[], 0];
    }
    if (end < chunk.length) held.push(chunk.subarray(end));
    heldBytes += chunk.length - end;
  }
  if (heldBytes > 0) yield decode(Buffer.concat(held));
}

/** @param firstLine the number of the first line in the buffer. */
function decodeUtf8(buffer: Buffer, firstLine: number): string {
  const decoder = () => new TextDecoder('utf-8', { fatal: true, ignoreBOM: firstLine > 1 });
  try {
    return decoder().decode(buffer);
  } catch {
    let line = firstLine;
    for (let from = 0; from < buffer.length; line++) {
      const end = buffer.indexOf(LINE_FEED, from) + 1 || buffer.length;
      try {
        decoder().decode(buffer.subarray(from, end));
      } catch {
        break;
      }
      from = end;
    }
    throw invalid(
      `line ${line} is not UTF-8: save the file as UTF-8, or convert it, as with "iconv -f WINDOWS-1252 -t UTF-8 old.csv > new.csv"`,
    );
  }
}

async function* utf16Of(bytes: AsyncIterable<Buffer>, encoding: string): AsyncGenerator<string> {
  const decoder = new TextDecoder(encoding, { fatal: true });
  let line = 1;
  try {
    for await (const chunk of bytes) {
      const text = decoder.decode(chunk, { stream: true });
      line += text.split('\n').length - 1;
      yield text;
    }
    yield decoder.decode();
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw invalid(
      `from line ${line} on the file is not the ${encoding.toUpperCase()} that its byte-order mark says: save it as UTF-8`,
    );
  }
}

/**
 * Texts hold no null character; UTF-16 without a byte-order mark is full of them. A byte-order mark at the start of a later line is
 * where another file was put behind the first, and would be part of the first cell without being seen.
 */
async function* onlyText(text: AsyncIterable<string>): AsyncGenerator<string> {
  let line = 1;
  let isLineStart = false;
  for await (const piece of text) {
    const lineOf = (at: number) => line + piece.slice(0, at).split('\n').length - 1;
    const at = piece.indexOf('\0');
    if (at >= 0)
      throw invalid(
        `line ${lineOf(at)} holds a null character: if the file is UTF-16, save it as UTF-8, or convert it, as with "iconv -f UTF-16LE -t UTF-8 old.csv > new.csv"`,
      );
    const mark = isLineStart && piece.startsWith(MARK) ? 0 : piece.search(MARK_AT_LINE_START);
    if (mark >= 0)
      throw invalid(
        `line ${lineOf(mark + 1)} begins with a byte-order mark, as where one file was put behind another: take the mark out (and a second header), or read the files one by one`,
      );
    line += piece.split('\n').length - 1;
    if (piece !== '') isLineStart = /[\r\n]$/.test(piece);
    yield piece;
  }
}

const MARK = '\ufeff';
const MARK_AT_LINE_START = /[\r\n]\ufeff/;
