const PAIRS = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

export function bytesToHex(bytes: Uint8Array): string {
  let out = '';
  for (const byte of bytes) out += PAIRS[byte];
  return out;
}

/** @param hex an even number of hex digits. @throws RangeError when it is not. */
export function hexToBytes(hex: string): Uint8Array<ArrayBuffer> {
  if (hex.length % 2 !== 0 || !/^[0-9a-f]*$/i.test(hex))
    throw new RangeError(`"${hex.slice(0, 80)}" is not an even number of hex digits`);
  const bytes = new Uint8Array(hex.length / 2);
  for (let i = 0; i < bytes.length; i++)
    bytes[i] = (valueOf(hex, 2 * i) << 4) | valueOf(hex, 2 * i + 1);
  return bytes;
}

/** Of a digit: those of letters are 9 behind the last four bits of their code. */
const valueOf = (hex: string, at: number): number => {
  const code = hex.charCodeAt(at);
  return (code & 15) + (code >> 6) * 9;
};
