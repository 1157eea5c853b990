/** A global of workerd and Node that is not part of ECMAScript. */
declare class TextEncoder {
  encode(text: string): Uint8Array;
}
