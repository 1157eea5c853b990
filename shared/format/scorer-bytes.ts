import { parseVersion } from '../domain/ids.ts';
import { bucketCount, checkExploration, parseSchema, type Schema } from '../features/schema.ts';
import { checkRange, STRIDE, type Scorer } from '../score/scorer.ts';
import { ByteReader, ByteWriter, FormatError } from './bytes.ts';
import { openFrame, sealFrame } from './frame.ts';

/**
 * A scorer as bytes: frame `TTSC`; header JSON (its schema included, so that a scorer can never meet another
 * schema's codes), then per feature its bucket count (u16) and that many weights (i32 units).
 */
const MAGIC = 'TTSC';
const FORMAT = 1;

export function scorerToBytes(scorer: Scorer): Uint8Array<ArrayBuffer> {
  const { kind, version, parent, name, schema, calibration, exploration } = scorer;
  const payload = new ByteWriter().text(
    JSON.stringify({ kind, version, parent, name, calibration, exploration, schema }),
  );
  schema.features.forEach((spec, feature) => {
    const size = bucketCount(spec);
    payload.u16(size);
    for (let bucket = 0; bucket < size; bucket++)
      payload.i32(scorer.weights[feature * STRIDE + bucket]);
  });
  return sealFrame(MAGIC, FORMAT, schema.hash, payload.finish());
}

/** @throws FormatError or ApiError when the bytes are damaged, foreign, or describe an impossible scorer. */
export function scorerFromBytes(bytes: Uint8Array): Scorer {
  const { schemaHash, payload } = openFrame(MAGIC, FORMAT, bytes);
  const header = headerOf(payload);
  const schema = parseSchema(header.schema);
  if (schema.hash !== schemaHash) {
    throw new FormatError(
      `the scorer's schema hashes to ${schema.hash}, but its frame says ${schemaHash}`,
    );
  }
  if (header.kind !== 'additive')
    throw new FormatError(`this build has no scorer of kind ${JSON.stringify(header.kind)}`);
  const weights = readWeights(schema, payload);
  payload.end();
  checkRange(schema, weights);
  const { intercept, slope } = header.calibration;
  if (!Number.isFinite(intercept) || !Number.isFinite(slope))
    throw new FormatError('the calibration must be two finite numbers');
  return {
    kind: 'additive',
    version: parseVersion(header.version),
    ...(header.parent === undefined ? {} : { parent: parseVersion(header.parent) }),
    name: header.name,
    schema,
    weights,
    calibration: { intercept, slope },
    exploration: checkExploration(header.exploration),
  };
}

function headerOf(payload: ByteReader): Omit<Scorer, 'weights'> {
  const text = payload.text();
  let header: unknown;
  try {
    header = JSON.parse(text);
  } catch {
    throw new FormatError('the scorer header is not JSON');
  }
  const fields = header as Partial<Scorer> | null;
  const isObject = (part: unknown) => typeof part === 'object' && part !== null;
  if (
    typeof fields?.name !== 'string' ||
    !isObject(fields.calibration) ||
    !isObject(fields.exploration)
  ) {
    throw new FormatError('the scorer header lacks its name, calibration or exploration');
  }
  return fields as Scorer;
}

function readWeights(schema: Schema, payload: ByteReader): Int32Array {
  const weights = new Int32Array(schema.features.length * STRIDE);
  schema.features.forEach((spec, feature) => {
    const size = payload.u16();
    if (size !== bucketCount(spec)) {
      throw new FormatError(
        `feature ${spec.name} has ${size} weights, but ${bucketCount(spec)} buckets`,
      );
    }
    for (let bucket = 0; bucket < size; bucket++)
      weights[feature * STRIDE + bucket] = payload.i32();
  });
  return weights;
}
