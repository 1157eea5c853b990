import { unknownFields } from '../domain/unknown-fields.ts';

/** The fields of a schema; `hash` is in those that the backend answers with. */
const TOP: ReadonlySet<string> = new Set([
  'name',
  'columns',
  'features',
  'filters',
  'constraints',
  'rules',
  'exploration',
  'training',
  'slateRules',
  'related',
  'texts',
  'hash',
]);

/** The fields of the entries of its lists and of its objects. Those of features are of all kinds together. */
const WITHIN: Readonly<Record<string, ReadonlySet<string>>> = {
  columns: new Set(['name', 'type', 'from', 'dimensions', 'currency', 'currencyFrom']),
  features: new Set([
    'name',
    'kind',
    'among',
    'buckets',
    'column',
    'days',
    'edges',
    'halfLifeDays',
    'key',
    'level',
    'levelEdges',
    'levels',
    'measure',
    'most',
    'of',
    'only',
    'order',
    'overPercent',
    'part',
    'preference',
    'preferences',
    'sizes',
    'to',
    'tolerance',
    'types',
    'utcOffsetMinutes',
    'values',
    'within',
  ]),
  filters: new Set(['column', 'exclude', 'before']),
  constraints: new Set(['feature', 'min', 'max', 'monotone']),
  exploration: new Set([
    'temperature',
    'epsilon',
    'poolSize',
    'optimism',
    'maxLoss',
    'fromSlot',
    'prior',
    'raisedFeatures',
  ]),
  related: new Set(['by', 'neighbours']),
  training: new Set(['objective', 'l2', 'crossShrinkage', 'position', 'boosting', 'reward']),
};

/** @throws ApiError 400 for a field that is nearly a known one, as in requests: left out, it would change what is ranked. */
export function refuseMisspeltFields(schema: object): void {
  const given = schema as Readonly<Record<string, unknown>>;
  unknownFields(given, TOP);
  for (const [field, known] of Object.entries(WITHIN))
    for (const entry of [given[field]].flat())
      if (typeof entry === 'object' && entry !== null)
        unknownFields(entry as Readonly<Record<string, unknown>>, known);
}
