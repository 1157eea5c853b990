import { h, muted, table, when, type Section } from '../dom.ts';
import { percentInterval, whole } from '../format.ts';
import type { Holdout } from '../../../http/answers.ts';

/** What was learned as people clicked, against those who were held out of it: by version, and of all together. */
export const holdoutSection = ({ metric, alpha, versions, sum }: Holdout): Section => ({
  id: 'holdout',
  title: 'Learned as people click, in sum',
  wide: true,
  content:
    versions.length === 0
      ? [muted('Nobody was held out of what was learned yet.')]
      : [
          'missing' in sum
            ? muted(`In sum: ${sum.missing}.`)
            : h(
                'p',
                {},
                `Of ${whole(sum.versions)} versions together, ${metric} is ${sum.base.toFixed(4)} without what was learned, and ${signed(sum.estimate)} with it (${signed(sum.low)} to ${signed(sum.high)}, always valid at ${Math.round(100 * (1 - alpha))} %).`,
              ),
          table(
            'Holdouts by version',
            [
              { label: 'Version' },
              { label: 'Arm' },
              { label: 'From' },
              { label: 'To' },
              { label: 'Held out', number: true },
              { label: 'Learned', number: true },
              { label: `${metric}, relative` },
            ],
            versions.map(({ version, arm, from, to, heldOut, learned, reading }) => [
              version,
              arm,
              when(from),
              when(to),
              whole(heldOut),
              whole(learned),
              'missing' in reading ? reading.missing : percentInterval(reading),
            ]),
          ),
        ],
});

const signed = (value: number) => `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(4)}`;
