import type { BucketKind } from './kind.ts';

/** Bucket 1, always: the base of a score. */
export interface ConstantSpec {
  readonly name: string;
  readonly kind: 'constant';
}

export const constant: BucketKind<ConstantSpec> = {
  check: () => undefined,
  size: () => 2,
  label: () => 'always',
  plan: () => ({ from: 'constant', bucket: 1 }),
};
