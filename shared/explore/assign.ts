import { invalid } from '../domain/errors.ts';
import type { AssignedArm, Layer } from '../domain/layer.ts';
import { murmur3 } from './murmur3.ts';

export interface Visitor {
  readonly sessionId: string;
  readonly userId?: string;
}

export type Assignment =
  | { readonly experiment: string; readonly arm: string }
  | {
      /** The experiment whose range the unit is in; absent if it is in none. */
      readonly experiment?: string;
      readonly why: 'no user id' | 'not in layer range' | 'not running' | 'not in traffic';
    };

/**
 * Assigns a visitor to an arm of the layer. A pure function of salts and id, so edge and backend always agree. The
 * place in the layer's range, the part in the traffic and the arm are hashed separately and are independent.
 */
export function assign(layer: Layer, visitor: Visitor): Assignment {
  const unit = layer.unit === 'user' ? visitor.userId : visitor.sessionId;
  if (unit === undefined) return { why: 'no user id' };
  const hash = hashToUnitInterval(layer.salt, 'layer', unit);
  const owners = layer.experiments.filter(({ range: [from, to] }) => from <= hash && hash < to);
  // A stopped experiment may still be listed although its range now belongs to another one.
  const owner = owners.find(({ status }) => status === 'running') ?? owners[0];
  if (owner === undefined) return { why: 'not in layer range' };
  const experiment = owner.id;
  if (owner.status !== 'running') return { experiment, why: 'not running' };
  if (hashToUnitInterval(owner.salt, 'traffic', unit) >= owner.traffic)
    return { experiment, why: 'not in traffic' };
  return { experiment, arm: armAt(owner.arms, hashToUnitInterval(owner.salt, 'arm', unit)) };
}

/**
 * Hashes a unit to a multiple of 2⁻³² in [0, 1), uniformly over units. Ids hold no control characters and there are
 * only these three purposes, so different arguments never give the same text to hash.
 */
export const hashToUnitInterval = (
  salt: string,
  purpose: 'layer' | 'traffic' | 'arm',
  unit: string,
): number => murmur3(`${salt}\0${purpose}\0${unit}`) / 0x1_0000_0000;

/**
 * The arm that a number in [0, 1) falls to, when the arms divide [0, 1) in order and in proportion to their weights.
 */
function armAt(arms: readonly AssignedArm[], hash: number): string {
  const total = arms.reduce((sum, { weight }) => sum + weight, 0);
  let end = 0;
  for (const { name, weight } of arms) {
    end += weight;
    if (hash * total < end) return name;
  }
  // Cannot be reached with weights that checkLayer accepts: `end` now equals `total`, and hash < 1.
  throw invalid(`no arm at ${hash}: the arms' weights must be at least 0 and one above it`);
}
