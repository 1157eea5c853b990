import { parseVersion } from '../domain/ids.ts';
import { fromBase64Url, toBase64Url } from '../domain/base64url.ts';
import { shown } from '../domain/shown.ts';
import { checkExploration } from '../domain/exploration.ts';
import { parseStoredSchema, type Schema } from '../features/schema.ts';
import {
  crossesProblem,
  crossName,
  weightCounts,
  type LearnedCross,
} from '../score/learned-cross.ts';
import type { Posterior } from '../score/posterior.ts';
import { checkScores, scorerProblem } from '../score/rerank.ts';
import { STRIDE, type AdditiveScorer, type Rerank, type Scorer } from '../score/scorer.ts';
import { ByteReader, ByteWriter, FormatError } from './bytes.ts';
import { openFrame, sealFrame } from './frame.ts';
import { readNetwork, writeNetwork } from './network-bytes.ts';
import { readTrees, writeTrees } from './trees-bytes.ts';

/**
 * A scorer as bytes: frame `TTSC`; a JSON header, which includes the schema so that a scorer is never applied to
 * codes of another schema; then for each feature its number of buckets (u16) and that many weights (i32, units). That
 * is format 1, for additive scorers. Format 2 adds the trees of a forest or the network of an MLP. Format 3 is for scorers of any
 * kind with learned crosses: their pairs of features are in the header, and their weights follow those of the features in the
 * same way. An edge that does not know them would rank by a part of the weights, so it has to refuse, and a backend learns none
 * until the edge says that it reads them (`NEWEST_SCORER_FORMAT`, in `GET /v1/version`). The posterior of an
 * additive scorer is in the header, as base64url of a u16 for each bucket in the order of the weights: edges from before it was
 * kept skip a field that they do not know, and would refuse a new format, with which a backend that is upgraded first would
 * leave them without weights.
 */
const MAGIC = 'TTSC';
const FORMATS = { additive: 1, forest: 2, mlp: 2 } as const;
/** The format of scorers with learned crosses. */
export const CROSSES_FORMAT = 3;
/** What this build reads: all up to it. */
export const NEWEST_SCORER_FORMAT = 3;

/**
 * Size limit of formats 2 and 3. LiveWeights stores a scorer twice, as
 * published and with deltas, in one value of at most 2 MB.
 */
export const MAX_SCORER_BYTES = 960 * 1024;

/** @throws FormatError or ApiError when the scorer is one that `scorerFromBytes` would refuse. */
export function scorerToBytes(scorer: Scorer): Uint8Array<ArrayBuffer> {
  check(scorer);
  const { kind, version, parent, name, schema, crosses, calibration, exploration } = scorer;
  const own =
    scorer.kind === 'additive'
      ? scorer.posterior && { posterior: posteriorToText(scorer, scorer.posterior) }
      : { rerank: scorer.rerank };
  const about = { kind, version, parent, name, calibration, exploration, crosses };
  const payload = new ByteWriter().text(JSON.stringify({ ...about, ...own, schema }));
  weightCounts(scorer).forEach((size, feature) => {
    payload.u16(size);
    for (let bucket = 0; bucket < size; bucket++)
      payload.i32(scorer.weights[feature * STRIDE + bucket]);
  });
  if (scorer.kind === 'forest') writeTrees(payload, scorer.trees);
  if (scorer.kind === 'mlp') writeNetwork(payload, schema, scorer.network);
  const format = formatOf(scorer);
  const bytes = sealFrame(MAGIC, format, schema.hash, payload.finish());
  refuse(sizeProblem(format, bytes));
  return bytes;
}

const formatOf = ({ kind, crosses }: Pick<Scorer, 'kind' | 'crosses'>) =>
  crosses === undefined ? FORMATS[kind] : CROSSES_FORMAT;

/** @throws FormatError or ApiError when the bytes are damaged, of another kind, or describe an invalid scorer. */
export function scorerFromBytes(bytes: Uint8Array): Scorer {
  const { format, schemaHash, payload } = openFrame(MAGIC, NEWEST_SCORER_FORMAT, bytes);
  refuse(sizeProblem(format, bytes));
  const header = headerOf(payload);
  const schema = parseStoredSchema(header.schema);
  if (schema.hash !== schemaHash) {
    throw new FormatError(
      `the scorer's schema hashes to ${schema.hash}, but its frame says ${schemaHash}`,
    );
  }
  const { kind } = header;
  const crosses = readCrosses(schema, header.crosses);
  const isKind = typeof kind === 'string' && Object.hasOwn(FORMATS, kind);
  if (!isKind || formatOf({ kind, ...(crosses && { crosses }) }) !== format)
    throw new FormatError(
      `format ${format} has no scorer of kind ${JSON.stringify(kind)} ${crosses === undefined ? 'without' : 'with'} learned crosses`,
    );
  const own = { schema, ...(crosses && { crosses }) };
  const weights = readWeights(own, payload);
  const { intercept, slope } = header.calibration;
  if (!Number.isFinite(intercept) || !Number.isFinite(slope))
    throw new FormatError('the calibration must be two finite numbers');
  const common = {
    version: parseVersion(header.version),
    ...(header.parent === undefined ? {} : { parent: parseVersion(header.parent) }),
    name: header.name,
    ...own,
    weights,
    calibration: { intercept, slope },
    exploration: checkExploration(header.exploration),
  };
  const scorer = withOwnPart(header, common, payload);
  payload.end();
  check(scorer);
  return scorer;
}

function withOwnPart(
  header: Header,
  common: Omit<AdditiveScorer, 'kind' | 'posterior'>,
  payload: ByteReader,
): Scorer {
  if (header.kind === 'additive') {
    const { posterior: text } = header;
    const posterior = text === undefined ? undefined : posteriorFromText(common, text);
    return { kind: 'additive', ...common, ...(posterior && { posterior }) };
  }
  const { depth, adds } = header.rerank ?? {};
  const rerank = { depth, adds } as Rerank;
  return header.kind === 'forest'
    ? { kind: 'forest', ...common, rerank, trees: readTrees(payload) }
    : { kind: 'mlp', ...common, rerank, network: readNetwork(payload, common.schema) };
}

function check(scorer: Scorer): void {
  refuse(scorerProblem(scorer));
  checkScores(scorer);
}

const sizeProblem = (format: number, { length }: Uint8Array) =>
  format > 1 && length > MAX_SCORER_BYTES
    ? `a scorer may take ${MAX_SCORER_BYTES} bytes, but this one takes ${length}: train fewer or smaller trees, or a narrower network`
    : undefined;

function refuse(problem: string | undefined): void {
  if (problem !== undefined) throw new FormatError(problem);
}

/** The header before its values are checked: `rerank` may have any fields, `posterior` and `crosses` any value. */
type Header = Omit<AdditiveScorer, 'kind' | 'weights' | 'posterior' | 'crosses'> & {
  readonly kind: Scorer['kind'];
  readonly crosses?: unknown;
  readonly posterior?: unknown;
  readonly rerank?: Partial<Rerank>;
};

function headerOf(payload: ByteReader): Header {
  const text = payload.text();
  let header: unknown;
  try {
    header = JSON.parse(text);
  } catch {
    throw new FormatError('the scorer header is not JSON');
  }
  const fields = header as Partial<Header> | null;
  const isObject = (part: unknown) => typeof part === 'object' && part !== null;
  if (
    typeof fields?.name !== 'string' ||
    !isObject(fields.calibration) ||
    !isObject(fields.exploration)
  ) {
    throw new FormatError('the scorer header lacks its name, calibration or exploration');
  }
  return fields as Header;
}

/** @returns undefined where there are none. @throws FormatError when they are no pairs of features of the schema. */
function readCrosses(schema: Schema, given: unknown): readonly LearnedCross[] | undefined {
  if (given === undefined) return undefined;
  const isPair = (value: unknown): value is LearnedCross =>
    Array.isArray(value) && value.length === 2 && value.every(Number.isInteger);
  if (!Array.isArray(given) || !given.every(isPair))
    throw new FormatError(
      `the learned crosses must be pairs of features, but were ${shown(given)}`,
    );
  refuse(crossesProblem({ schema, crosses: given }));
  return given;
}

type Weighted = Pick<Scorer, 'schema' | 'crosses'>;

function posteriorToText(scorer: Weighted, posterior: Posterior): string {
  const bytes = new ByteWriter();
  eachBucket(scorer, (cell) => bytes.u16(posterior[cell]));
  return toBase64Url(bytes.finish());
}

function posteriorFromText(scorer: Weighted, text: unknown): Posterior {
  let buckets = 0;
  eachBucket(scorer, () => buckets++);
  const isText = typeof text === 'string' && /^[A-Za-z0-9_-]*$/.test(text);
  const bytes = isText ? fromBase64Url(text) : new Uint8Array();
  if (bytes.length !== 2 * buckets)
    throw new FormatError(
      `the posterior must be base64url of 2 bytes for each of ${buckets} buckets, but was ${shown(text)}`,
    );
  const from = new ByteReader(bytes);
  const posterior = new Uint16Array(weightCounts(scorer).length * STRIDE);
  eachBucket(scorer, (cell) => (posterior[cell] = from.u16()));
  return posterior;
}

/** @param visit is called with the index of each weight, features first. */
function eachBucket(scorer: Weighted, visit: (cell: number) => void): void {
  weightCounts(scorer).forEach((size, feature) => {
    for (let bucket = 0; bucket < size; bucket++) visit(feature * STRIDE + bucket);
  });
}

function readWeights(scorer: Weighted, payload: ByteReader): Int32Array {
  const counts = weightCounts(scorer);
  const weights = new Int32Array(counts.length * STRIDE);
  counts.forEach((expected, feature) => {
    const size = payload.u16();
    if (size !== expected) {
      throw new FormatError(
        `${nameOf(scorer, feature)} has ${size} weights, but ${expected} buckets`,
      );
    }
    for (let bucket = 0; bucket < size; bucket++)
      weights[feature * STRIDE + bucket] = payload.i32();
  });
  return weights;
}

function nameOf({ schema, crosses = [] }: Weighted, feature: number): string {
  const spec = schema.features[feature];
  return spec === undefined
    ? `the cross ${crossName(schema, crosses[feature - schema.features.length])}`
    : `feature ${spec.name}`;
}
