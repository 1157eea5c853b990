import { bestCut, bestValue, goesLeft, sumOver, type Cut, type Rows } from './split.ts';

export interface TreeRules {
  readonly order: 'depth' | 'best';
  readonly maxDepth: number;
  readonly maxLeaves: number;
  readonly lambda: number;
  readonly minChildHessian: number;
  readonly minChildRows: number;
  readonly minGain: number;
  readonly monotone?: Int8Array;
}

export interface OracleLeaf {
  readonly list: readonly number[];
  readonly value: number;
  readonly depth: number;
}

interface Open {
  readonly list: readonly number[];
  readonly depth: number;
  readonly low: number;
  readonly high: number;
  readonly cut: (Cut & { gain: number }) | undefined;
}

/**
 * A tree by trying every split of every node, whole levels or the best leaf first. Children of a monotone split stay
 * on their sides of the middle of their values.
 */
export function growOracle(data: Rows, rules: TreeRules): OracleLeaf[] {
  const { features, rows } = data;
  const orders = rules.monotone ?? new Int8Array(features);
  const openOf = (list: readonly number[], depth: number, low: number, high: number): Open => {
    const { h } = sumOver(data, list);
    // Rows of a child are told from its share of the hessian.
    const least = Math.max(
      rules.minChildHessian,
      ((rules.minChildRows - 0.5) * h) / list.length,
      Number.MIN_VALUE,
    );
    const bounds = { lambda: rules.lambda, low, high };
    const cut =
      depth < rules.maxDepth ? bestCut(data, list, { ...bounds, least, orders }) : undefined;
    return { list, depth, low, high, cut: cut && cut.gain > rules.minGain ? cut : undefined };
  };
  const childrenOf = ({ list, depth, low, high, cut }: Open): Open[] => {
    const sides = [true, false].map((side) =>
      list.filter((row) => goesLeft(cut!, data, row) === side),
    );
    const [left, right] = sides.map((side) =>
      bestValue(sumOver(data, side), { lambda: rules.lambda, low, high }),
    );
    const middle = (left + right) / 2;
    const order = orders[cut!.feature];
    return sides.map((side, i) => {
      const isLower = i === 0 ? order > 0 : order < 0;
      const isUpper = i === 0 ? order < 0 : order > 0;
      return openOf(side, depth + 1, isUpper ? middle : low, isLower ? middle : high);
    });
  };
  let open = [
    openOf(
      Array.from({ length: rows }, (_, row) => row),
      0,
      Number.NEGATIVE_INFINITY,
      Number.POSITIVE_INFINITY,
    ),
  ];
  for (;;) {
    const room = rules.maxLeaves - open.length;
    const gainful = open.filter(({ cut }) => cut).toSorted((a, b) => b.cut!.gain - a.cut!.gain);
    const deepest = Math.min(...gainful.map(({ depth }) => depth));
    const level =
      rules.order === 'best'
        ? gainful.slice(0, 1)
        : gainful.filter(({ depth }) => depth === deepest);
    const chosen = new Set(level.slice(0, room));
    if (chosen.size === 0) break;
    open = open.flatMap((node) => (chosen.has(node) ? childrenOf(node) : [node]));
  }
  return open.map(({ list, depth, low, high }) => ({
    list,
    depth,
    value: bestValue(sumOver(data, list), { lambda: rules.lambda, low, high }),
  }));
}
