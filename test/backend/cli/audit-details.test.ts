import { expect, test } from 'vitest';
import { auditDetails } from '../../../backend/cli/audit/audit-details.ts';
import { servedLayer } from './support/served-layer.ts';

test.each([
  ['words and numbers as they are', { from: 'shadow', units: 12 }, 'from=shadow units=12'],
  ['a pointer by what it serves', { text: '{"champion":"v000001","by":"bo"}' }, 'text=v000001'],
  ['a bare pointer', { before: 'v000007' }, 'before=v000007'],
  [
    'what else a pointer carries',
    {
      text: JSON.stringify({
        champion: 'v000001',
        layers: [servedLayer],
        shadow: { version: 'v000002', share: 0.1 },
        hold: true,
      }),
    },
    'text=v000001 (1 experiment, v000002 in shadow, held)',
  ],
])('%s', (_, details, line) => {
  expect(auditDetails(details)).toBe(line);
});

test('what is long is cut', () => {
  const line = auditDetails({ evidence: { rows: Array.from({ length: 99 }, (_, i) => i) } });
  expect(line).toMatch(/^evidence=\{"rows":\[0,1,.*…$/);
  expect(line).toHaveLength('evidence='.length + 100);
});
