/** Node's Buffer is an Uint8Array that prints, compares and slices in ways of its own. */
export const plainBytes = (bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> =>
  new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
