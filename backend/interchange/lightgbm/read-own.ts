import { fromBase64Url } from '../../../shared/domain/base64url.ts';
import { invalid } from '../../../shared/domain/errors.ts';
import { scorerFromBytes } from '../../../shared/format/scorer-bytes.ts';
import { scorerProblem } from '../../../shared/score/rerank.ts';
import {
  toPoints,
  toUnits,
  type Scorer,
  type UnversionedScorer,
} from '../../../shared/score/scorer.ts';
import type { Trees } from '../../../shared/score/trees.ts';
import { messageOf } from '../../../shared/text/message-of.ts';
import type { ForeignNode } from '../foreign-model.ts';
import type { LightgbmFile } from './read-lightgbm.ts';
import { OWN, tableTrees } from './write-lightgbm.ts';

/**
 * The version that `writeLightgbm` wrote, with all that it had.
 * @returns undefined for a file of somebody else.
 * @throws ApiError 400 where its trees were changed: then the lines of Trimtab are of another model.
 */
export function readOwn({ header, model }: LightgbmFile): UnversionedScorer | undefined {
  const text = header.get(OWN.scorer);
  if (text === undefined) return undefined;
  const changed = (why: string) =>
    invalid(
      `the file was written by Trimtab and changed since (${why}): take its lines "trimtab_…" out to import it as trees of LightGBM`,
    );
  let scorer: Scorer;
  try {
    scorer = scorerFromBytes(fromBase64Url(text));
  } catch (error) {
    throw changed(messageOf(error));
  }
  if (scorer.kind !== 'additive') throw changed('its scorer is not additive');
  const tables = Number(header.get(OWN.tables));
  const expected = tables === 0 ? [] : tableTrees(scorer);
  if (
    expected.length !== tables ||
    tables > model.trees.length ||
    !expected.every((tree, i) => sameTree(tree, model.trees[i]))
  )
    throw changed('its weights are others than its trees');
  const { version: _, ...own } = scorer;
  const rerank = /^(\d+),(true|false)$/.exec(header.get(OWN.rerank) ?? '');
  if (rerank === null) {
    if (tables !== model.trees.length) throw changed('it has more trees than weights');
    return own;
  }
  const { posterior: __, ...common } = own;
  const forest = {
    ...common,
    kind: 'forest' as const,
    rerank: { depth: Number(rerank[1]), adds: rerank[2] === 'true' },
    trees: ownTrees(model.trees.slice(tables)),
  };
  const problem = scorerProblem({ ...forest, version: scorer.version });
  if (problem !== undefined) throw changed(problem);
  return forest;
}

function sameTree(own: ReturnType<typeof tableTrees>[number], read: ForeignNode): boolean {
  if (typeof own === 'number' || typeof read === 'number')
    return typeof own === 'number' && read === toPoints(own);
  const { test } = read;
  return (
    test.kind === 'number' &&
    test.feature === own.feature &&
    test.threshold === own.threshold &&
    !test.zeroIsMissing &&
    sameTree(own.yes, read.left) &&
    sameTree(own.no, read.right)
  );
}

/** Test by test, so that what is exported again is the same. */
function ownTrees(roots: readonly ForeignNode[]): Trees {
  const out: Record<'roots' | 'feature' | 'threshold' | 'shift' | 'left' | 'units', number[]> = {
    roots: [],
    feature: [],
    threshold: [],
    shift: [],
    left: [],
    units: [],
  };
  for (const root of roots) {
    const start = out.left.length;
    out.roots.push(start);
    const waiting: ForeignNode[] = [root];
    for (let i = 0; i < waiting.length; i++) {
      const node = waiting[i];
      const isLeaf = typeof node === 'number';
      if (!isLeaf && node.test.kind !== 'number')
        throw invalid('a file that Trimtab wrote has no tests of categories');
      const test = isLeaf || node.test.kind !== 'number' ? undefined : node.test;
      const shift = Number(test?.zeroIsMissing ?? false);
      out.feature.push(test?.feature ?? 0);
      out.threshold.push((test?.threshold ?? 0) - (test === undefined ? 0 : shift));
      out.shift.push(shift);
      out.units.push(isLeaf ? toUnits(node) : 0);
      out.left.push(isLeaf ? 0 : start + waiting.length);
      if (!isLeaf) waiting.push(node.left, node.right);
    }
  }
  return {
    roots: Uint32Array.from(out.roots),
    feature: Uint16Array.from(out.feature),
    threshold: Uint8Array.from(out.threshold),
    shift: Uint8Array.from(out.shift),
    left: Uint32Array.from(out.left),
    units: Int32Array.from(out.units),
  };
}
