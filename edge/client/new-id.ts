/** 128 random bits as text. Not `randomUUID`, which pages without TLS do not have. */
export const newId = (): string => crypto.getRandomValues(new Uint32Array(4)).join('-');
