/** What a column of bytes comes as: it depends on the driver's call. */
export type StoredBytes = ArrayBuffer | Uint8Array;

/** A buffer whose first byte is the blob's: what libSQL gives need not start where numbers may. */
const bufferOf = (blob: StoredBytes): ArrayBuffer => new Uint8Array(blob).buffer;

export const bytesOf = (blob: StoredBytes): Uint8Array<ArrayBuffer> => new Uint8Array(blob);
export const int32sOf = (blob: StoredBytes): Int32Array<ArrayBuffer> =>
  new Int32Array(bufferOf(blob));
export const float64sOf = (blob: StoredBytes): Float64Array<ArrayBuffer> =>
  new Float64Array(bufferOf(blob));
