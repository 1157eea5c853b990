/** Shared, because creating an encoder costs more than encoding most texts. */
const UTF8 = new TextEncoder();

export const utf8ToBytes = (text: string): Uint8Array => UTF8.encode(text);
