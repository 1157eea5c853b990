import { isUtf8 } from 'node:buffer';
import type { MiddlewareHandler } from 'hono';
import { invalid } from '../../shared/domain/errors.ts';
import { MAX_DEPTH } from '../table/parse-json.ts';

/**
 * Refuses JSON in another encoding than UTF-8 (RFC 8259): decoding would put U+FFFD in the place of each character that it does
 * not know, so that different ids and texts became the same one. And JSON that is nested deeper than functions can follow.
 */
export function checkJsonBodies(): MiddlewareHandler {
  return async (c, next) => {
    if (!/\bjson\b/i.test(c.req.header('content-type') ?? '')) return next();
    const bytes = new Uint8Array(await c.req.arrayBuffer());
    if (!isUtf8(bytes))
      throw invalid(
        'the body must be JSON in UTF-8, but its bytes are not UTF-8: convert it first',
      );
    if (depthOf(bytes) > MAX_DEPTH)
      throw invalid(`the body must not be nested more than ${MAX_DEPTH} levels deep`);
    return next();
  };
}

const [QUOTE, BACKSLASH] = [0x22, 0x5c];
/** `[` and `{`; `]` and `}`. */
const [OPENING, CLOSING] = [new Set([0x5b, 0x7b]), new Set([0x5d, 0x7d])];

/** How many objects and lists are open at most. */
function depthOf(bytes: Uint8Array): number {
  let [depth, most, isText] = [0, 0, false];
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i];
    if (byte === QUOTE) isText = !isText;
    else if (isText) i += byte === BACKSLASH ? 1 : 0;
    else if (OPENING.has(byte)) most = Math.max(most, ++depth);
    else if (CLOSING.has(byte)) depth--;
  }
  return most;
}
