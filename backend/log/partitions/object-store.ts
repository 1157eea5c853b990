/** Where partitions lie. Keys are relative paths with `/`. */
export interface ObjectStore {
  /** All of the bytes, or, if this fails or the process dies, none of them. */
  put(key: string, bytes: Uint8Array): Promise<void>;
  /** @returns undefined where there is no such key. */
  get(key: string): Promise<Uint8Array<ArrayBuffer> | undefined>;
  /** A key that is not there is no error. */
  delete(key: string): Promise<void>;
  /** Keys that start with a prefix, sorted. */
  list(prefix: string): Promise<string[]>;
  /** Whether what is deleted or replaced stays as an older version; a store without versions need not say so. */
  isVersioned?(): Promise<boolean | undefined>;
}

/** Cloneable, so that it reaches worker threads. */
export type StoreLocation = FolderLocation | S3Location;

export interface FolderLocation {
  readonly kind: 'folder';
  /** Absolute. */
  readonly path: string;
}

export interface S3Location {
  readonly kind: 's3';
  /** `https://s3.eu-west-1.amazonaws.com`, or that of another store that speaks S3. */
  readonly endpoint: string;
  readonly bucket: string;
  /** Before every key; empty or ending in `/`. */
  readonly prefix: string;
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
  /** The variable that names it, for errors; default TRIMTAB_TRAINING_STORE. */
  readonly setting?: string;
}

const DEFAULT_SETTING = 'TRIMTAB_TRAINING_STORE';

type Env = Readonly<Record<string, string | undefined>>;

/**
 * Reads a folder, or `s3://bucket/prefix` with the keys, region and endpoint from the variables that S3 tools share.
 * @param setting what the text was given as. @throws Error naming the variable that is missing or wrong.
 */
export function parseLocation(text: string, env: Env, setting = DEFAULT_SETTING): StoreLocation {
  if (!text.includes('://')) return { kind: 'folder', path: text };
  const match = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:\/(.*))?$/.exec(text);
  if (match === null)
    throw new Error(`${setting} must be a folder or s3://bucket/prefix, but was "${text}"`);
  const needed = (name: string) => {
    const value = env[name];
    if (value === undefined || value === '')
      throw new Error(`${setting}=${text} needs ${name} to be set`);
    return value;
  };
  const region = env.AWS_REGION ?? env.AWS_DEFAULT_REGION ?? 'us-east-1';
  const endpoint =
    env.AWS_ENDPOINT_URL_S3 ?? env.AWS_ENDPOINT_URL ?? `https://s3.${region}.amazonaws.com`;
  const prefix = (match[2] ?? '').replace(/\/+$/, '');
  return {
    kind: 's3',
    endpoint: endpoint.replace(/\/+$/, ''),
    bucket: match[1],
    prefix: prefix === '' ? '' : `${prefix}/`,
    region,
    accessKeyId: needed('AWS_ACCESS_KEY_ID'),
    secretAccessKey: needed('AWS_SECRET_ACCESS_KEY'),
    ...(env.AWS_SESSION_TOKEN && { sessionToken: env.AWS_SESSION_TOKEN }),
    ...(setting !== DEFAULT_SETTING && { setting }),
  };
}
