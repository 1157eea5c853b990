import { seededRandom } from '../../shared/explore/random.ts';
import { bucketCount, type Schema } from '../../shared/features/schema.ts';
import type { Network } from '../../shared/score/network.ts';
import { STRIDE } from '../../shared/score/scorer.ts';
import type { Trees } from '../../shared/score/trees.ts';
import type { PlainLayer, PlainNetwork, PlainTree } from './reranker.ts';

/** Seeded models over a schema's buckets, plain, and the same laid out flat. */

/** Best-first growth at random: each tree has the given leaves, of few distinct values, so that ties are common. */
export function randomForest(
  schema: Schema,
  { trees, leaves, seed }: { trees: number; leaves: number; seed: number },
): PlainTree[] {
  const random = seededRandom(seed);
  const whole = (below: number) => Math.floor(random() * below);
  const grow = (left: number): PlainTree => {
    if (left < 2)
      return { units: random() < 0.5 ? 65_536 * (whole(7) - 3) : whole(131_072) - 65_536 };
    const feature = whole(schema.features.length);
    const share = 1 + whole(left - 1);
    return {
      feature,
      upTo: 1 + whole(bucketCount(schema.features[feature])),
      missing: random() < 0.5 ? 'left' : 'right',
      left: grow(share),
      right: grow(left - share),
    };
  };
  return Array.from({ length: trees }, () => grow(leaves));
}

export function flatTrees(plain: readonly PlainTree[]): Trees {
  const nodes: {
    feature: number;
    threshold: number;
    shift: number;
    left: number;
    units: number;
  }[] = [];
  const leaf = { feature: 0, threshold: 0, shift: 0, left: 0 };
  const roots = plain.map((tree) => {
    const root = nodes.push({ ...leaf, units: 0 }) - 1;
    const waiting = [{ node: root, tree }];
    for (const { node, tree: own } of waiting) {
      if ('units' in own) {
        nodes[node] = { ...leaf, units: own.units };
        continue;
      }
      const left = nodes.length;
      nodes.push({ ...leaf, units: 0 }, { ...leaf, units: 0 });
      // Shifted by one, present codes start at 0 and a missing one is 255: beyond any threshold.
      const shift = own.missing === 'left' ? 0 : 1;
      nodes[node] = { feature: own.feature, threshold: own.upTo - shift, shift, left, units: 0 };
      waiting.push({ node: left, tree: own.left }, { node: left + 1, tree: own.right });
    }
    return root;
  });
  return {
    roots: Uint32Array.from(roots),
    feature: Uint16Array.from(nodes, (node) => node.feature),
    threshold: Uint8Array.from(nodes, (node) => node.threshold),
    shift: Uint8Array.from(nodes, (node) => node.shift),
    left: Uint32Array.from(nodes, (node) => node.left),
    units: Int32Array.from(nodes, (node) => node.units),
  };
}

/** @param hidden size of the layer after the embeddings; 0: none. @param scale of every parameter. */
export function randomNetwork(
  schema: Schema,
  {
    width,
    hidden,
    seed,
    scale = 1,
  }: { width: number; hidden: number; seed: number; scale?: number },
): PlainNetwork {
  const random = seededRandom(seed);
  const list = (length: number) =>
    Array.from({ length }, () => Math.fround(scale * (2 * random() - 1)));
  const layer = (outputs: number, inputs: number): PlainLayer => ({
    bias: list(outputs),
    weights: Array.from({ length: outputs }, () => list(inputs)),
  });
  return {
    embedding: schema.features.map((spec) =>
      Array.from({ length: bucketCount(spec) }, () => list(width)),
    ),
    embeddingBias: list(width),
    hidden: hidden === 0 ? [] : [layer(hidden, width)],
    output: layer(1, hidden === 0 ? width : hidden),
  };
}

export function flatNetwork(plain: PlainNetwork): Network {
  const width = plain.embeddingBias.length;
  const embedding = new Float32Array(plain.embedding.length * STRIDE * width);
  plain.embedding.forEach((buckets, feature) => {
    buckets.forEach((row, bucket) => embedding.set(row, (feature * STRIDE + bucket) * width));
  });
  return {
    width,
    embedding,
    embeddingBias: Float32Array.from(plain.embeddingBias),
    hidden: plain.hidden.map(({ bias, weights }) => ({
      size: bias.length,
      weights: Float32Array.from(weights.flat()),
      bias: Float32Array.from(bias),
    })),
    output: Float32Array.from(plain.output.weights[0]),
    outputBias: plain.output.bias[0],
  };
}
