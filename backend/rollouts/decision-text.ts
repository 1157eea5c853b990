import { percent } from '../../shared/text/text.ts';
import type { GuardrailInterval } from '../science/evaluation/gate-evidence.ts';

export const changeOf = ({ metric, low, high }: GuardrailInterval): string =>
  `${metric} changes by ${change(low)} to ${change(high)}`;

export const change = (share: number): string =>
  Number.isFinite(share) ? percent(share, { digits: 2, signed: true }) : 'unknown';

export const plain = (share: number): string =>
  Number.isFinite(share) ? percent(share, { digits: 2 }) : 'unknown';

export const hours = (ms: number): string => (ms / 3_600_000).toFixed(1);
