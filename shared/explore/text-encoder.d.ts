/** A global of both runtimes that ECMAScript itself lacks. */
declare class TextEncoder {
  encode(text: string): Uint8Array;
}
