const DELIMITERS = [',', ';', '\t'] as const;
const [QUOTE, LINE_FEED, RETURN] = [0x22, 0x0a, 0x0d];

/** The delimiter of the columns: whichever of comma, semicolon and tab the header line has most of, outside of quotes. */
export function delimiterOf(head: Uint8Array): string {
  const counts = new Map<number, number>();
  let isQuoted = false;
  for (const byte of head) {
    if (byte === QUOTE) isQuoted = !isQuoted;
    else if (isQuoted) continue;
    else if (byte === LINE_FEED || byte === RETURN) break;
    else counts.set(byte, (counts.get(byte) ?? 0) + 1);
  }
  const count = (delimiter: string) => counts.get(delimiter.charCodeAt(0)) ?? 0;
  return DELIMITERS.reduce((most, other) => (count(other) > count(most) ? other : most));
}
