/** Shared, because creating an encoder costs more than encoding most texts. */
const UTF8 = new TextEncoder();

export const utf8ToBytes = (text: string): Uint8Array => UTF8.encode(text);

/** As long as what is hashed of a ranking. */
const scratch = new Uint8Array(1024);

/**
 * The same in bytes that the next call overwrites: a caller uses them up at once. In workerd each buffer
 * is allocated outside of the heap and swept by itself, which costs more than writing a short text of ASCII.
 */
export function transientUtf8(text: string): Uint8Array {
  if (text.length > scratch.length) return utf8ToBytes(text);
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code > 0x7f) return utf8ToBytes(text);
    scratch[i] = code;
  }
  return scratch.subarray(0, text.length);
}
