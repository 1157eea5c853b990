import { trivagoSchema } from '../../../backend/replay/policies.ts';
import { parseVersion } from '../../../shared/domain/ids.ts';
import { scorerToBytes } from '../../../shared/format/scorer-bytes.ts';
import { snapshotHash } from '../../../shared/format/snapshot-bytes.ts';
import { additiveFromPoints } from '../../../shared/score/scorer.ts';
import type { System } from '../../support/system.ts';

/** What is wrong in KV, how it gets there, and what `/v1/version` must say of it: weights and catalogue that do not fit together are each good. */
export type Damage = readonly [
  what: string,
  cause: (kv: EdgeKv) => Promise<void>,
  problem: RegExp | undefined,
];

export interface EdgeKv {
  get(key: string): Promise<Uint8Array<ArrayBuffer>>;
  put(key: string, value: Uint8Array<ArrayBuffer> | string): Promise<void>;
}

/** By the edge's admin routes, as the backend and people with wrangler do. */
export function edgeKv({ edge, keys }: System): EdgeKv {
  const call = async (key: string, body?: Uint8Array<ArrayBuffer> | string) => {
    const method = body === undefined ? 'GET' : 'PUT';
    const answer = await edge.ask(`/v1/kv/${key}`, { method, key: keys.secretKey, body });
    if (answer.status !== 200) throw new Error(`${method} ${key}: ${answer.text}`);
    return answer;
  };
  return {
    get: async (key) => (await call(key)).bytes,
    put: async (key, value) => void (await call(key, value)),
  };
}

const WEIGHTS = 'WEIGHTS/active';
const CATALOGUE = 'CATALOGUE/active';

/** A pointer to a version whose blob is made from the rules' own. */
const scorerBlob =
  (version: string, make: (rules: Uint8Array<ArrayBuffer>) => Uint8Array<ArrayBuffer>) =>
  async (kv: EdgeKv) => {
    await kv.put(`WEIGHTS/w/${version}`, make(await kv.get('WEIGHTS/w/v000000')));
    await kv.put(WEIGHTS, version);
  };

const flipped = (bytes: Uint8Array<ArrayBuffer>) =>
  bytes.map((byte, i) => (i === bytes.length >> 1 ? byte ^ 1 : byte));

const foreign = (version: string) => {
  const schema = trivagoSchema();
  const about = { version: parseVersion(version), name: 'foreign' };
  return scorerToBytes(additiveFromPoints(schema, {}, about));
};

const snapshotPointer = (hash: string, sizeBytes: number) =>
  JSON.stringify({ hash, parts: 1, sizeBytes, at: Date.now() });

const garbage = new TextEncoder().encode('not a snapshot');
const nowhere = 'ab'.repeat(16);

export const DAMAGES: readonly Damage[] = [
  ['a pointer that is garbage', (kv) => kv.put(WEIGHTS, 'garbage'), /not a pointer: \\?"garbage/],
  ['a pointer that is empty', (kv) => kv.put(WEIGHTS, ''), /not a pointer/],
  [
    'a pointer to a version that is none',
    (kv) => kv.put(WEIGHTS, '{"champion":"latest"}'),
    /not a pointer/,
  ],
  [
    'a pointer to a version that does not exist',
    (kv) => kv.put(WEIGHTS, 'v000999'),
    /no weights v000999/,
  ],
  ['a scorer with a bad checksum', scorerBlob('v000901', flipped), /checksum/],
  [
    'a scorer that is cut short',
    scorerBlob('v000902', (b) => b.slice(0, 40)),
    /damaged|checksum|cut short/,
  ],
  ['a scorer that is empty', scorerBlob('v000903', () => new Uint8Array()), /too few/],
  [
    'a scorer under another version’s key',
    scorerBlob('v000904', (b) => b),
    /holds the weights of v000000/,
  ],
  ['a scorer of a foreign schema', scorerBlob('v000905', () => foreign('v000905')), undefined],
  ['a snapshot pointer that is garbage', (kv) => kv.put(CATALOGUE, '{'), /not a pointer/],
  [
    'a snapshot pointer to nowhere',
    (kv) => kv.put(CATALOGUE, snapshotPointer(nowhere, 100)),
    /absent/,
  ],
  [
    'a snapshot whose bytes are not what its hash names',
    async (kv) => {
      await kv.put(`CATALOGUE/s/${nowhere.slice(0, 30)}cd/0`, garbage);
      await kv.put(CATALOGUE, snapshotPointer(`${nowhere.slice(0, 30)}cd`, garbage.length));
    },
    /damaged/,
  ],
  [
    'a snapshot whose bytes are garbage with the right hash',
    async (kv) => {
      const hash = snapshotHash(garbage);
      await kv.put(`CATALOGUE/s/${hash}/0`, garbage);
      await kv.put(CATALOGUE, snapshotPointer(hash, garbage.length));
    },
    /TTSN|too few/,
  ],
];
