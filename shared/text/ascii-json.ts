/**
 * JSON without any character beyond ASCII, which stand there as `\uXXXX`: what a header can hold, whoever sends it, and every parser of
 * JSON reads alike.
 */
export const asciiJson = (value: unknown): string =>
  JSON.stringify(value).replaceAll(
    /[^\x20-\x7e]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
