/**
 * Forests and multilayer perceptrons as one would write them on a blackboard: nested objects walked by recursion, lists
 * of numbers and nested loops. Slow and obvious; the flat forms must give the same, to the last bit.
 */
export type PlainTree =
  | { readonly units: number }
  | {
      readonly feature: number;
      /** A present code goes left up to here. */
      readonly upTo: number;
      /** Where a missing one (0) goes. */
      readonly missing: 'left' | 'right';
      readonly left: PlainTree;
      readonly right: PlainTree;
    };

export interface PlainLayer {
  readonly bias: readonly number[];
  /** `weights[to][from]` */
  readonly weights: readonly (readonly number[])[];
}

export interface PlainNetwork {
  /** `embedding[feature][bucket]` */
  readonly embedding: readonly (readonly (readonly number[])[])[];
  readonly embeddingBias: readonly number[];
  readonly hidden: readonly PlainLayer[];
  readonly output: PlainLayer;
}

export function leafUnits(tree: PlainTree, codes: readonly number[]): number {
  if ('units' in tree) return tree.units;
  const code = codes[tree.feature];
  const goesLeft = code === 0 ? tree.missing === 'left' : code <= tree.upTo;
  return leafUnits(goesLeft ? tree.left : tree.right, codes);
}

export const forestUnits = (trees: readonly PlainTree[], codes: readonly number[]): number =>
  trees.reduce((sum, tree) => sum + leafUnits(tree, codes), 0);

export function networkPoints(network: PlainNetwork, codes: readonly number[]): number {
  let values = network.embeddingBias.map((bias, i) =>
    codes.reduce((sum, code, feature) => sum + network.embedding[feature][code][i], bias),
  );
  for (const layer of network.hidden) values = layerOf(layer, rectified(values));
  return layerOf(network.output, rectified(values))[0];
}

/** Points in units, at most 1,024 points either way. */
export const networkUnits = (network: PlainNetwork, codes: readonly number[]): number =>
  Math.min(Math.max(Math.round(networkPoints(network, codes) * 65_536), -67_108_864), 67_108_864);

const rectified = (values: readonly number[]) => values.map((value) => (value > 0 ? value : 0));

const layerOf = ({ weights, bias }: PlainLayer, inputs: readonly number[]) =>
  bias.map((start, to) =>
    inputs.reduce((sum, input, from) => sum + weights[to][from] * input, start),
  );
