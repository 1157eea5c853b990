import { kernelModule } from '#kernel-module';
import { MAX_FEATURES, type Schema } from '../features/schema.ts';
import { ModelMemory, type Placed } from '../kernels/model-memory.ts';
import { WebAssembly } from '../kernels/web-assembly.ts';
import { unitsOfPoints, type Network } from './network.ts';
import { networkImage, type NetworkImage } from './network-image.ts';
import { treeImage, type TreeImage } from './tree-image.ts';
import { walkTree, type Trees } from './trees.ts';

/** Rows are scored in blocks of up to so many. */
export const BLOCK = 256;
/** The codes of a block's rows: that of feature f in row i is at `f · BLOCK + i`. */
export type BlockCodes = Uint8Array;

/** The kernel for trees takes rows by sixteens. */
const GROUP = 16;
const SET_BYTES = BLOCK / 8;
/** A tree of 256 leaves. */
const MOST_NODES = 511;
const LEAF_BITS = 8;
const MAX_LAYER = 256;

/** Addresses of the scratch space. */
const COLUMNS = 0;
const PLACES = COLUMNS + MAX_FEATURES * BLOCK;
const BITS = PLACES + MOST_NODES * SET_BYTES;
const SUMS = BITS + LEAF_BITS * SET_BYTES + GROUP;
const LAYERS = SUMS + BLOCK * Int32Array.BYTES_PER_ELEMENT;
const POINTS = LAYERS + 4 * MAX_LAYER * Float64Array.BYTES_PER_ELEMENT;
const SCRATCH = POINTS + BLOCK * Float64Array.BYTES_PER_ELEMENT;

/** Ten forests of 300 trees, or networks of the usual size, find room, and the largest network that there may be. */
const MODELS = 8 * 2 ** 20;

/** `shared/kernels/assembly`; addresses are in bytes. */
interface Kernels {
  sumTrees(
    columns: number,
    groups: number,
    tests: number,
    testCount: number,
    sets: number,
    program: number,
    trees: number,
    places: number,
    bits: number,
    sums: number,
  ): void;
  sumNetwork(
    columns: number,
    rows: number,
    starts: number,
    features: number,
    width: number,
    embedding: number,
    embeddingBias: number,
    hidden: number,
    weights: number,
    bias: number,
    output: number,
    outputs: number,
    outputBias: number,
    layers: number,
    points: number,
  ): void;
}

const models = new ModelMemory(SCRATCH, MODELS);
const kernels = new WebAssembly.Instance(kernelModule, { env: { memory: models.memory } })
  .exports as Kernels;

/** By model, what is known of it beside its parts. */
const placedTrees = new WeakMap<
  Trees,
  Placed & Pick<TreeImage, 'programTrees' | 'walked'> & { readonly testCount: number }
>();
const placedNetworks = new WeakMap<Network, Placed & Pick<NetworkImage, 'width' | 'hidden'>>();

/**
 * The sums of the trees' leaf values for a block of rows, in units: for each row what `treesUnits` gives.
 * @param write the codes of the rows.
 * @returns `Int32Array(count)`, which the next call overwrites.
 */
export function treesBlock(
  trees: Trees,
  count: number,
  write: (codes: BlockCodes) => void,
): Int32Array {
  const { addresses, testCount, programTrees, walked } = inMemory(placedTrees, trees, () => {
    const { tests, program, ...image } = treeImage(trees);
    const sets = new Uint8Array(tests.length * SET_BYTES);
    return { ...image, testCount: tests.length, ...models.place([tests, sets, program]) };
  });
  const [tests, sets, program] = addresses;
  const { buffer } = models.memory;
  const codes = new Uint8Array(buffer, COLUMNS, MAX_FEATURES * BLOCK);
  write(codes);
  kernels.sumTrees(
    COLUMNS,
    Math.ceil(count / GROUP),
    tests,
    testCount,
    sets,
    program,
    programTrees,
    PLACES,
    BITS,
    SUMS,
  );
  const sums = new Int32Array(buffer, SUMS, count);
  for (const root of walked)
    for (let row = 0; row < count; row++) sums[row] += walkTree(trees, root, codes, row, BLOCK);
  return sums;
}

/**
 * A network's scores of a block of rows, in units: for each row what `networkUnits` gives.
 * @param schema whose features the network embeds.
 * @param write the codes of the rows.
 */
export function networkBlock(
  network: Network,
  schema: Schema,
  count: number,
  write: (codes: BlockCodes) => void,
): Int32Array {
  const features = schema.features.length;
  const { addresses, width, hidden } = inMemory(placedNetworks, network, () => {
    const { starts, embedding, layers, ...sizes } = networkImage(network, schema);
    return { ...sizes, ...models.place([starts, embedding, ...layers]) };
  });
  const [starts, embedding, embeddingBias, weights, bias, output] = addresses;
  const { buffer } = models.memory;
  const codes = new Uint8Array(buffer, COLUMNS, MAX_FEATURES * BLOCK);
  write(codes);
  // Rows are scored two by two: the one beyond an odd number needs codes of buckets that there are.
  if (count % 2 === 1)
    for (let feature = 0; feature < features; feature++) codes[feature * BLOCK + count] = 0;
  kernels.sumNetwork(
    COLUMNS,
    count,
    starts,
    features,
    width,
    embedding,
    embeddingBias,
    hidden,
    weights,
    bias,
    output,
    network.output.length,
    network.outputBias,
    LAYERS,
    POINTS,
  );
  const points = new Float64Array(buffer, POINTS, count);
  const units = new Int32Array(count);
  for (let row = 0; row < count; row++) units[row] = unitsOfPoints(points[row]);
  return units;
}

function inMemory<K extends object, P extends Placed>(
  placed: WeakMap<K, P>,
  model: K,
  place: () => P,
): P {
  const known = placed.get(model);
  if (known?.generation === models.generation) return known;
  const own = place();
  placed.set(model, own);
  return own;
}
