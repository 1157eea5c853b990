import { api, json, mayAct } from '../api.ts';
import { ask } from '../dialog.ts';
import {
  button,
  code,
  empty,
  h,
  mono,
  muted,
  table,
  when,
  type Child,
  type Section,
} from '../dom.ts';
import { isoMinute, short } from '../format.ts';
import type { SlateRule } from '../../../http/answers.ts';
import { EVERYWHERE } from '../../../../shared/domain/apprentice.ts';
import { auditTable } from './audit.ts';
import { refreshPage, type Page } from './page.ts';
import { ruleWords } from './rule-words.ts';

/** Changes of rules that are listed below those in force. */
const LISTED = 20;
const EXAMPLE = { pins: [{ id: 'trip-00042', position: 3 }] };

export const slateRulesPage: Page = {
  topics: ['audit'],
  // A rule that ends by itself is in no log.
  everyMs: 60_000,
  async load() {
    const [{ rules }, { entries }] = await Promise.all([
      json(api['slate-rules'].$get()),
      json(api.audit.$get({ query: { limit: String(LISTED), text: 'slate rule' } })),
    ]);
    return [
      inForce(rules),
      {
        id: 'changes',
        title: 'Added and removed',
        wide: true,
        content: [
          entries.length === 0
            ? empty('No rule was added yet.', 'Whoever adds or removes one stands here.')
            : auditTable(entries),
        ],
      },
    ];
  },
};

const inForce = (rules: readonly SlateRule[]): Section => ({
  id: 'in-force',
  title: 'In force',
  wide: true,
  tools: [mayAct && button('Add …', 'primary', add)],
  content: [
    rules.length === 0
      ? empty(
          'No operator asks anything of lists.',
          mayAct ? 'Press “Add”, or run ' : 'An operator adds a rule, here or by ',
          code('npx trimtab slate-rules add campaign.json --placement home --hours 48'),
          '.',
        )
      : table(
          'Slate rules in force, the oldest first',
          [
            { label: 'Rule' },
            { label: 'Where' },
            { label: 'Asks' },
            { label: 'By' },
            { label: 'Since' },
            { label: 'Until' },
            ...(mayAct ? [{ label: 'Actions', hidden: true }] : []),
          ],
          rules.map(rowOf),
        ),
    muted(
      'All of them hold together, with those of requests and of the schema. Edges follow within their refresh interval, also during a hold, and end a rule at its moment.',
    ),
  ],
});

const rowOf = (rule: SlateRule): Child[] => [
  h('span', { class: 'nowrap' }, mono(rule.id)),
  whereOf(rule.placement),
  h(
    'span',
    { class: 'sentence' },
    ruleWords(rule.rules).map((line) => h('span', { class: 'line' }, line)),
    rule.note !== null && h('span', { class: 'line muted' }, rule.note),
  ),
  h('span', { title: rule.by }, short(rule.by)),
  h('span', { class: 'nowrap' }, when(rule.since)),
  h(
    'span',
    { class: 'nowrap' },
    rule.until === null ? 'it is removed' : `${isoMinute(rule.until)} UTC`,
  ),
  ...(mayAct ? [button('Remove …', 'danger', () => remove(rule))] : []),
];

const whereOf = (placement: string): Child =>
  placement === EVERYWHERE ? 'everywhere' : mono(placement);

async function remove({ id, placement, rules }: SlateRule): Promise<void> {
  await ask({
    title: `Remove ${id}`,
    about: [
      h('p', {}, 'At ', whereOf(placement), ', lists need not keep to this any more:'),
      h(
        'ul',
        {},
        ruleWords(rules).map((line) => h('li', {}, line)),
      ),
    ],
    word: id,
    action: 'Remove',
    tone: 'danger',
    act: () => api['slate-rules'][':id'].$delete({ param: { id } }),
  });
  refreshPage();
}

async function add(): Promise<void> {
  await ask({
    title: 'Add a slate rule',
    about: ['Every list of the placement keeps to it within seconds, whatever ranks it.'],
    fields: [
      {
        name: 'rules',
        label: 'Rules',
        type: 'textarea',
        value: JSON.stringify(EXAMPLE, null, 2),
        required: true,
        hint: 'JSON with caps, quotas, pins and boosts, as in slateRules of a rank request. A column that the catalogue does not have is refused.',
      },
      {
        name: 'placement',
        label: 'Placement',
        value: EVERYWHERE,
        required: true,
        hint: 'As requests name it; * is everywhere.',
      },
      {
        name: 'hours',
        label: 'Hours',
        type: 'number',
        value: '24',
        min: 0.1,
        max: 8784,
        step: 'any',
        hint: 'It ends by itself. Empty: until somebody removes it.',
      },
      { name: 'note', label: 'Note', hint: 'Why; it stands in the list and in the audit log.' },
    ],
    word: 'add rule',
    action: 'Add',
    tone: 'danger',
    act: async ({ rules, placement, hours, note }) =>
      api['slate-rules'].$post({
        json: {
          rules: parsed(rules),
          placement: placement as never,
          ...(hours !== '' && { hours: Number(hours) }),
          ...(note !== '' && { note }),
        },
      }),
  });
  refreshPage();
}

/** @throws Error that the dialog shows. */
function parsed(text: string): never {
  try {
    return JSON.parse(text) as never;
  } catch (error) {
    throw new Error(`Rules are no JSON: ${error instanceof Error ? error.message : 'unreadable'}`, {
      cause: error,
    });
  }
}
