/** What is used of the module that Node and workerd both have, so that `shared/` sees nothing else of Node. */
declare module 'node:crypto' {
  interface Hash {
    update(data: Uint8Array | string): Hash;
    digest(): Uint8Array<ArrayBuffer>;
    digest(encoding: 'hex'): string;
  }
  interface KeyObject {
    readonly type: 'secret';
  }
  export function createHash(algorithm: 'sha256'): Hash;
  export function createHmac(algorithm: 'sha256', key: KeyObject): Hash;
  export function createSecretKey(key: Uint8Array): KeyObject;
}
