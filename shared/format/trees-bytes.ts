import type { Trees } from '../score/trees.ts';
import { FormatError, type ByteReader, type ByteWriter } from './bytes.ts';

/**
 * Trees as bytes: their number (u32); for each tree its number of nodes (u16), then its nodes. A leaf takes 5 bytes:
 * 255 (u8) and its units (i32). An inner node takes 4 bytes: feature + 128 · shift (u8), threshold (u8) and the index
 * of its left child within the tree (u16). So 500 trees of 31 leaves take 139 kB.
 */
const LEAF = 255;
const SHIFTED = 128;
/** Feature 127 with shift 1 would be read as a leaf, so trees can test features 0 to 126. */
const MAX_FEATURES = 127;
const MIN_TREE_BYTES = 7;

/** @param trees valid ones, for which `treesProblem` returns undefined. */
export function writeTrees(out: ByteWriter, trees: Trees): void {
  const { roots, feature, threshold, shift, left, units } = trees;
  out.u32(roots.length);
  roots.forEach((root, tree) => {
    const end = tree + 1 < roots.length ? roots[tree + 1] : left.length;
    out.u16(end - root);
    for (let node = root; node < end; node++) {
      if (left[node] === 0) out.u8(LEAF).i32(units[node]);
      else if (feature[node] < MAX_FEATURES)
        out
          .u8(feature[node] + SHIFTED * shift[node])
          .u8(threshold[node])
          .u16(left[node] - root);
      else throw new FormatError(`trees can ask ${MAX_FEATURES} features, not ${feature[node]}`);
    }
  });
}

/** @throws FormatError when the bytes end too early. Whether the trees are valid is checked by `treesProblem`. */
export function readTrees(from: ByteReader): Trees {
  const roots = new Uint32Array(from.count(MIN_TREE_BYTES));
  const [feature, threshold, shift, left, units]: number[][] = [[], [], [], [], []];
  roots.forEach((_, tree) => {
    const root = left.length;
    roots[tree] = root;
    for (let end = root + from.u16(); left.length < end;) {
      const tag = from.u8();
      const isLeaf = tag === LEAF;
      feature.push(isLeaf ? 0 : tag % SHIFTED);
      threshold.push(isLeaf ? 0 : from.u8());
      shift.push(isLeaf || tag < SHIFTED ? 0 : 1);
      left.push(isLeaf ? 0 : root + childIndex(from));
      units.push(isLeaf ? from.i32() : 0);
    }
  });
  return {
    roots,
    feature: Uint16Array.from(feature),
    threshold: Uint8Array.from(threshold),
    shift: Uint8Array.from(shift),
    left: Uint32Array.from(left),
    units: Int32Array.from(units),
  };
}

/** Index 0 is the root, which is nobody's child; in memory a left child of 0 marks a leaf. */
function childIndex(from: ByteReader): number {
  const place = from.u16();
  if (place === 0) throw new FormatError('a tree node has the root of its tree as its child');
  return place;
}
