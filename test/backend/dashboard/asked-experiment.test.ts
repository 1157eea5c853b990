import { expect, test } from 'vitest';
import type { newExperiment } from '../../../backend/http/routes/experiment-shapes.ts';
import type { z } from '@hono/zod-openapi';

type Asked = z.input<typeof newExperiment>;
// Of the browser: it has a project of its own.
const { askedOf } = (await import(
  new URL('../../../backend/dashboard/browser/pages/experiments/asked.ts', import.meta.url).href
)) as { askedOf: (given: Readonly<Record<string, string>>) => Asked };

/** As the form is when it opens. */
const UNTOUCHED = {
  name: 'themes',
  kind: 'versions',
  'arms.0.name': 'control',
  'arms.0.version': '',
  'arms.0.weight': '50',
  'arms.1.name': 'treatment',
  'arms.1.version': 'v000002',
  'arms.1.weight': '50',
  metrics: 'click_through, saves',
  traffic: '10',
  minimumPerArm: '1000',
  layer: '',
  unit: '',
  placements: '',
  design: 'split',
  trigger: 'ranked',
};

const TWO_ARMS: Asked = {
  name: 'themes',
  arms: [
    { name: 'control', weight: 50 },
    { name: 'treatment', weight: 50, version: 'v000002' as never },
  ],
  traffic: 0.1,
  metrics: ['click_through', 'saves'],
  guardrails: [],
  minimumPerArm: 1000,
  design: 'split',
  trigger: 'ranked',
};

const NO_ARMS = { arms: undefined, metrics: undefined, guardrails: undefined };

test.each<[string, Record<string, string>, Partial<Asked>]>([
  ['two arms, of which the control serves the champion', {}, {}],
  [
    'more arms, in their order, however they were named',
    {
      'arms.10.name': 'last',
      'arms.10.version': '',
      'arms.10.weight': '1',
      'arms.2.name': 'third',
      'arms.2.version': 'v000003',
      'arms.2.weight': '0.5',
    },
    {
      arms: [
        { name: 'control', weight: 50 },
        { name: 'treatment', weight: 50, version: 'v000002' as never },
        { name: 'third', weight: 0.5, version: 'v000003' as never },
        { name: 'last', weight: 1 },
      ],
    },
  ],
  [
    'a ramp, whose first step is the share',
    {
      'ramp.1.traffic': '20',
      'ramp.1.kind': 'afterHours',
      'ramp.1.afterHours': '24',
      'ramp.2.traffic': '50',
      'ramp.2.kind': 'afterSearches',
      'ramp.2.afterSearches': '10000',
      'ramp.3.traffic': '100',
      'ramp.3.kind': 'at',
      'ramp.3.at': '2027-01-08T09:00',
    },
    {
      ramp: [
        { traffic: 0.1 },
        { traffic: 0.2, afterHours: 24 },
        { traffic: 0.5, afterSearches: 10_000 },
        { traffic: 1, at: new Date('2027-01-08T09:00').toISOString() },
      ],
      traffic: undefined,
    },
  ],
  [
    'guardrails, whose margins are typed in per cent',
    { 'guardrails.0.metric': 'saves', 'guardrails.0.margin': '1' },
    { guardrails: [{ metric: 'saves', margin: 0.01 }] },
  ],
  [
    'a layer, its unit and placements',
    { layer: 'home', unit: 'user', placements: 'home,  search' },
    { layer: 'home', unit: 'user', placements: ['home', 'search'] },
  ],
  ['an A/A test', { kind: 'aa' }, { aa: true }],
  [
    'a self-test, which has arms and metrics of its own',
    { kind: 'self-test', selfTest: 'renewal' },
    { ...NO_ARMS, selfTest: 'renewal' },
  ],
  [
    'a self-test on the target',
    { kind: 'self-test', selfTest: '' },
    { ...NO_ARMS, selfTest: true },
  ],
  [
    'interleaving where slates differ',
    { design: 'interleaved', trigger: 'slate differs' },
    { design: 'interleaved', trigger: 'slate differs' },
  ],
])('the form asks for %s', (_, typed, asked) => {
  expect(askedOf({ ...UNTOUCHED, ...typed })).toEqual({ ...TWO_ARMS, ...asked });
});
