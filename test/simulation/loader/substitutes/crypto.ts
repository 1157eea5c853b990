export * from 'node:crypto';
/** Drawn from the chance of the world. */
export const randomUUID = (): string => crypto.randomUUID();
