/** 128 random bits as text. Not `randomUUID`, which pages without TLS do not have. */
export const newId = (): string =>
  Array.from(crypto.getRandomValues(new Uint32Array(4)), (n) => n.toString(36)).join('');
