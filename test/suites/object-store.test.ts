import { mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import {
  parseLocation,
  type ObjectStore,
  type S3Location,
} from '../../backend/log/partitions/object-store.ts';
import { openObjectStore } from '../../backend/log/partitions/open-object-store.ts';
import { startS3Server, type S3Server } from '../support/s3-server.ts';

const KEYS = { accessKeyId: 'AKIATEST', secretAccessKey: 'secret/of+the=tests' };

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

function folder() {
  const path = mkdtempSync(join(tmpdir(), 'trimtab-objects-'));
  closing.push(() => rmSync(path, { recursive: true }));
  return path;
}

async function s3(changes: Partial<S3Location> = {}): Promise<[ObjectStore, S3Server]> {
  const server = await startS3Server(KEYS, 'training');
  closing.push(() => server.close());
  const location: S3Location = {
    kind: 's3',
    endpoint: server.url,
    bucket: 'training',
    prefix: 'some/where/',
    region: 'eu-west-1',
    ...KEYS,
    ...changes,
  };
  return [openObjectStore(location), server];
}

const bytes = (text: string) => new TextEncoder().encode(text);

describe.each<[string, () => Promise<ObjectStore>]>([
  ['a folder', async () => openObjectStore({ kind: 'folder', path: join(folder(), 'deep/er') })],
  ['a store that speaks S3', async () => (await s3())[0]],
])('%s', (_, open) => {
  test('gives back what was put, by key', async () => {
    const store = await open();
    expect(await store.get('a/day=2026-03-10/manifest.json')).toBeUndefined();
    expect(await store.list('')).toEqual([]);
    const big = Uint8Array.from({ length: 300_000 }, (__, i) => (i * 7919) % 256);
    await store.put('a/day=2026-03-10/part-1.parquet', big);
    await store.put('a/day=2026-03-10/manifest.json', bytes('{}'));
    expect(await store.get('a/day=2026-03-10/part-1.parquet')).toEqual(big);
    await store.put('a/day=2026-03-10/manifest.json', bytes('{"second":true}'));
    expect(await store.get('a/day=2026-03-10/manifest.json')).toEqual(bytes('{"second":true}'));
  });

  test('lists keys by prefix, however many', async () => {
    const store = await open();
    const keys = Array.from({ length: 10 }, (__, i) => `a/day=${i}/x & <y>+z.json`);
    for (const key of [...keys, 'ab/other']) await store.put(key, bytes(key));
    expect(await store.list('a/')).toEqual(keys);
    expect(await store.list('a/day=3/')).toEqual([keys[3]]);
    expect(await store.get(keys[3])).toEqual(bytes(keys[3]));
  });

  test('forgets what is deleted, and minds not what is not there', async () => {
    const store = await open();
    await store.put('a/b', bytes('1'));
    await store.delete('a/b');
    await store.delete('a/b');
    expect(await store.get('a/b')).toBeUndefined();
    expect(await store.list('')).toEqual([]);
  });
});

test('what a dead process left half-written has no name, and is swept up after an hour', async () => {
  const path = folder();
  mkdirSync(join(path, '.tmp'));
  const [old, young] = ['old', 'young'].map((name) => join(path, '.tmp', name));
  for (const file of [old, young]) writeFileSync(file, 'half a par');
  const longAgo = Date.now() / 1000 - 4000;
  utimesSync(old, longAgo, longAgo);
  const store = openObjectStore({ kind: 'folder', path });
  expect(await store.list('')).toEqual([]);
  await store.put('a/b', bytes('1'));
  expect(await store.list('')).toEqual(['a/b']);
  expect(readdirSync(join(path, '.tmp'))).toEqual(['young']);
});

test('S3 keys lie under the prefix, and pages of a listing are turned', async () => {
  const [store, server] = await s3();
  for (const key of ['1', '2', '3', '4']) await store.put(key, bytes(key));
  expect([...server.objects.keys()].at(0)).toBe('some/where/1');
  server.calls.length = 0;
  await store.list('');
  expect(server.calls).toEqual(['GET ', 'GET ']);
});

test('an S3 store that is busy is asked again', async () => {
  const [store, server] = await s3();
  server.failures = 2;
  await store.put('a', bytes('1'));
  expect(server.objects.get('some/where/a')).toEqual(Buffer.from('1'));
});

test.each([409, 412])(
  'what an S3 store answers with %i is not stored, nor read',
  async (status) => {
    const [store, server] = await s3();
    server.faults = { refuses: () => status };
    await expect(store.put('a', bytes('1'))).rejects.toThrow(String(status));
    await expect(store.get('a')).rejects.toThrow(String(status));
  },
);

test.each<[string, Partial<S3Location>, RegExp]>([
  [
    'another secret',
    { secretAccessKey: 'another' },
    /403.*SignatureDoesNotMatch.*check TRIMTAB_TRAINING_STORE/,
  ],
  ['a key that it does not know', { accessKeyId: 'AKIANOBODY' }, /403.*InvalidAccessKeyId/],
  ['a bucket that is not there', { bucket: 'nowhere' }, /there is no bucket nowhere/],
])('an S3 store refuses %s, and the error says so', async (_, changes, message) => {
  const [store] = await s3(changes);
  await expect(store.put('a', bytes('1'))).rejects.toThrow(message);
});

const ENV = { AWS_ACCESS_KEY_ID: 'id', AWS_SECRET_ACCESS_KEY: 'secret', AWS_REGION: 'eu-west-1' };

test.each([
  ['/var/data', {}, { kind: 'folder', path: '/var/data' }],
  [
    's3://bucket',
    ENV,
    {
      kind: 's3',
      bucket: 'bucket',
      prefix: '',
      endpoint: 'https://s3.eu-west-1.amazonaws.com',
      region: 'eu-west-1',
      accessKeyId: 'id',
      secretAccessKey: 'secret',
    },
  ],
  [
    's3://bucket/some/where/',
    { ...ENV, AWS_ENDPOINT_URL_S3: 'https://minio.local:9000/' },
    { prefix: 'some/where/', endpoint: 'https://minio.local:9000' },
  ],
])('the location %s is read with what the environment says', (text, env, location) => {
  expect(parseLocation(text, env)).toMatchObject(location);
});

test.each([
  ['s3://bucket', { AWS_ACCESS_KEY_ID: 'id' }, /needs AWS_SECRET_ACCESS_KEY/],
  ['gs://bucket', ENV, /must be a folder or s3:\/\/bucket\/prefix, but was "gs:\/\/bucket"/],
  ['s3://B', ENV, /must be a folder or s3/],
])('the location %s is refused', (text, env, message) => {
  expect(() => parseLocation(text, env)).toThrow(message);
});
