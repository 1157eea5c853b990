import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FormatError } from '../../../shared/format/bytes.ts';
import { decisionsFromBytes, decisionsToBytes } from '../../../shared/format/decision-bytes.ts';
import { openFrame, sealFrame } from '../../../shared/format/frame.ts';
import { ingestBatchFromBytes, ingestBatchToBytes } from '../../../shared/format/ingest-bytes.ts';
import { learnedFromBytes, learnedToBytes } from '../../../shared/format/learned-bytes.ts';
import { patchFromBytes, patchToBytes } from '../../../shared/format/patch-bytes.ts';
import { scorerFromBytes, scorerToBytes } from '../../../shared/format/scorer-bytes.ts';
import { snapshotFromBytes, snapshotToBytes } from '../../../shared/format/snapshot-bytes.ts';
import {
  apprenticeDecisions,
  batch,
  decisions,
  experimentDecisions,
  filteredDecisions,
  ruledDecisions,
  placedDecisions,
  raisedDecisions,
  revisedDecisions,
  sourcedDecisions,
  forest,
  learned,
  learnedDecisions,
  mlp,
  patch,
  scorer,
  snapshot,
} from '../../golden/artifacts.ts';
import { isClear } from '../support/accidents.ts';
import { fuzz, SEED } from '../support/seed.ts';

/** `format` is what it is written in, `newest` what its decoder reads. */
const artifacts = [
  {
    what: 'TTSC',
    magic: 'TTSC',
    format: 1,
    newest: 3,
    bytes: scorerToBytes(scorer),
    decode: scorerFromBytes,
  },
  {
    what: 'TTSC of a forest',
    magic: 'TTSC',
    format: 2,
    newest: 3,
    bytes: scorerToBytes(forest),
    decode: scorerFromBytes,
  },
  {
    what: 'TTSC of an MLP',
    magic: 'TTSC',
    format: 2,
    newest: 3,
    bytes: scorerToBytes(mlp),
    decode: scorerFromBytes,
  },
  {
    what: 'TTSP',
    magic: 'TTSP',
    format: 1,
    newest: 1,
    bytes: patchToBytes(snapshot.schema, patch),
    decode: patchFromBytes,
  },
  {
    what: 'TTSN',
    magic: 'TTSN',
    format: 2,
    newest: 3,
    bytes: snapshotToBytes(snapshot.schema, snapshot.table),
    decode: snapshotFromBytes,
  },
  {
    what: 'TTDB',
    magic: 'TTDB',
    format: 1,
    newest: 9,
    bytes: decisionsToBytes(decisions),
    decode: decisionsFromBytes,
  },
  {
    what: 'TTDB of experiments',
    magic: 'TTDB',
    format: 2,
    newest: 9,
    bytes: decisionsToBytes(experimentDecisions),
    decode: decisionsFromBytes,
  },
  {
    what: 'TTDB with placements',
    magic: 'TTDB',
    format: 3,
    newest: 9,
    bytes: decisionsToBytes(placedDecisions),
    decode: decisionsFromBytes,
  },
  {
    what: 'TTDB with sources of items',
    magic: 'TTDB',
    format: 3,
    newest: 9,
    bytes: decisionsToBytes(sourcedDecisions),
    decode: decisionsFromBytes,
  },
  {
    what: 'TTDB with revisions',
    magic: 'TTDB',
    format: 4,
    newest: 9,
    bytes: decisionsToBytes(revisedDecisions),
    decode: decisionsFromBytes,
  },
  {
    what: 'TTDB with raises',
    magic: 'TTDB',
    format: 5,
    newest: 9,
    bytes: decisionsToBytes(raisedDecisions),
    decode: decisionsFromBytes,
  },
  {
    what: 'TTDB with learned columns',
    magic: 'TTDB',
    format: 6,
    newest: 9,
    bytes: decisionsToBytes(learnedDecisions),
    decode: decisionsFromBytes,
  },
  {
    what: 'TTDB with filters',
    magic: 'TTDB',
    format: 7,
    newest: 9,
    bytes: decisionsToBytes(filteredDecisions),
    decode: decisionsFromBytes,
  },
  {
    what: 'TTDB with rules',
    magic: 'TTDB',
    format: 8,
    newest: 9,
    bytes: decisionsToBytes(ruledDecisions),
    decode: decisionsFromBytes,
  },
  {
    what: 'TTLC',
    magic: 'TTLC',
    format: 1,
    newest: 1,
    bytes: learnedToBytes(learned),
    decode: learnedFromBytes,
  },
  {
    what: 'TTDB of an apprentice',
    magic: 'TTDB',
    format: 6,
    newest: 9,
    bytes: decisionsToBytes(apprenticeDecisions),
    decode: decisionsFromBytes,
  },
  {
    what: 'TTIB',
    magic: 'TTIB',
    format: 1,
    newest: 2,
    bytes: ingestBatchToBytes(batch),
    decode: ingestBatchFromBytes,
  },
  {
    what: 'TTIB with lost decisions',
    magic: 'TTIB',
    format: 2,
    newest: 2,
    bytes: ingestBatchToBytes({ ...batch, lost: 70_000 }),
    decode: ingestBatchFromBytes,
  },
];
type Decode = (bytes: Uint8Array) => unknown;

/** What decoding threw, or undefined. */
function errorOf(decode: Decode, bytes: Uint8Array): unknown {
  try {
    decode(bytes);
    return undefined;
  } catch (error) {
    return error;
  }
}

const isRefused = (decode: Decode, bytes: Uint8Array) =>
  errorOf(decode, bytes) instanceof FormatError;

const FRAME_HEAD_BYTES = 14;
const payloadOf = (bytes: Uint8Array) => bytes.slice(FRAME_HEAD_BYTES, -8);
/** A valid checksum over a hostile payload: what only the decoder's own checks can stop. */
const seal = (magic: string, bytes: Uint8Array, payload: Uint8Array) => {
  const { format, schemaHash } = openFrame(magic, 8, bytes);
  return sealFrame(magic, format, schemaHash, payload);
};

describe.each(artifacts)('$what', ({ magic, format, newest, bytes, decode }) => {
  it('is refused with any one bit flipped', () => {
    const accepted: number[] = [];
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const damaged = bytes.slice();
      damaged[bit >> 3] ^= 1 << (bit & 7);
      if (!isRefused(decode, damaged)) accepted.push(bit);
    }
    expect(accepted).toEqual([]);
  });

  it('is refused when cut at any length', () => {
    const accepted: number[] = [];
    for (let length = 0; length < bytes.length; length++)
      if (!isRefused(decode, bytes.slice(0, length))) accepted.push(length);
    expect(accepted).toEqual([]);
  });

  it('is refused with bytes added', () => {
    expect(errorOf(decode, Uint8Array.from([...bytes, 0]))).toBeInstanceOf(FormatError);
    const longer = seal(magic, bytes, Uint8Array.from([...payloadOf(bytes), 0]));
    expect(errorOf(decode, longer)).toBeInstanceOf(FormatError);
  });

  it('is refused under a format version that this build does not know', () => {
    expect(openFrame(magic, newest, bytes).format).toBe(format);
    const newer = sealFrame(magic, newest + 1, undefined, payloadOf(bytes));
    expect(() => decode(newer)).toThrow(
      `${magic} format ${newest + 1} is unknown; this build reads 1 to ${newest}: deploy a newer one`,
    );
  });

  it('is refused in the place of any other artifact', () => {
    for (const other of artifacts.filter((artifact) => artifact.magic !== magic)) {
      expect(() => other.decode(bytes)).toThrow(`expected ${other.magic}`);
    }
  });

  it(`gives a value or a clear error, re-sealed after any damage to its payload (seed ${SEED})`, () => {
    const payload = payloadOf(bytes);
    const anywhere = fc.nat({ max: payload.length - 1 });
    const damage = fc.oneof(
      fc.tuple(anywhere, fc.nat({ max: 255 })).map(([at, value]) => {
        const changed = payload.slice();
        changed[at] = value;
        return changed;
      }),
      // Lengths and counts are u32: huge ones must be refused before anything is allocated for them.
      fc
        .tuple(anywhere, fc.constantFrom(0, 1, 0x7fffffff, 0x80000000, 0xffffffff))
        .map(([at, value]) => {
          const changed = new Uint8Array(Math.max(payload.length, at + 4));
          changed.set(payload);
          new DataView(changed.buffer).setUint32(at, value, true);
          return changed;
        }),
      anywhere.map((length) => payload.slice(0, length)),
      fc.tuple(anywhere, anywhere).map(([a, b]) => payload.slice(Math.min(a, b))),
      fc.uint8Array({ maxLength: 200 }),
    );
    fuzz(
      damage,
      (hostile) => {
        const error = errorOf(decode, seal(magic, bytes, hostile));
        if (error !== undefined && !isClear(error)) throw error;
      },
      3000,
    );
  });
});
