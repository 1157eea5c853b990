import { constantPlan, type BucketKind } from './kind.ts';

/** Always bucket 1: the intercept of a score. */
export interface ConstantSpec {
  readonly name: string;
  readonly kind: 'constant';
}

export const constant: BucketKind<ConstantSpec> = {
  check: () => undefined,
  size: () => 2,
  label: () => 'always',
  plan: () => constantPlan(1),
};
