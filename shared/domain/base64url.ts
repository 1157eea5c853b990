const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
/** By ASCII code; letters of no digit count as 0. */
const DIGIT_OF = new Uint8Array(128);
for (let digit = 0; digit < ALPHABET.length; digit++) DIGIT_OF[ALPHABET.charCodeAt(digit)] = digit;

/** The two base64url digits of each 12-bit number. */
const PAIRS = Array.from({ length: 4096 }, (_, i) => ALPHABET[i >> 6] + ALPHABET[i & 63]);

/** Three bytes, the highest first, as four digits. */
export const digitsOf24Bits = (bits: number): string => PAIRS[bits >> 12] + PAIRS[bits & 4095];

/** Base64 with the alphabet that is safe in URLs, without padding (RFC 4648, section 5). */
export function toBase64Url(bytes: Uint8Array): string {
  let out = '';
  const whole = bytes.length - (bytes.length % 3);
  for (let i = 0; i < whole; i += 3) {
    const group = (bytes[i] << 16) | (bytes[i + 1] << 8) | bytes[i + 2];
    out += digitsOf24Bits(group);
  }
  if (whole === bytes.length) return out;
  const group = (bytes[whole] << 16) | ((bytes[whole + 1] ?? 0) << 8);
  return out + digitsOf24Bits(group).slice(0, bytes.length - whole + 1);
}

export function fromBase64Url(text: string): Uint8Array {
  const bytes = new Uint8Array((text.length * 3) >> 2);
  let [buffer, bits, at] = [0, 0, 0];
  for (let i = 0; i < text.length; i++) {
    buffer = ((buffer << 6) | (DIGIT_OF[text.charCodeAt(i)] ?? 0)) & 0xffff;
    bits += 6;
    if (bits >= 8) bytes[at++] = buffer >> (bits -= 8);
  }
  return bytes;
}
