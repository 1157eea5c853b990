import { createElement as element, useState, type ReactNode } from 'react';
import { TrimtabProvider, useRanking, useTrimtab } from '../../../../edge/client/react/index.ts';
import type { Client, Ranking } from '../../../../edge/client/types.ts';

export const TRIPS = ['trip-1', 'trip-2', 'trip-3', 'trip-4'];

/** A page in React as a site would write it: a list that is ranked, and a filter that asks for another ranking. */
export const TripsApp = ({
  client,
  initial,
}: {
  readonly client: Client;
  readonly initial?: Ranking;
}): ReactNode => element(TrimtabProvider, { client, children: element(Trips, { initial }) });

/** No answer takes longer, however busy the machine is. */
const PATIENT_MS = 120_000;

function Trips({ initial }: { readonly initial?: Ranking }): ReactNode {
  const [theme, setTheme] = useState('hiking');
  const { items, isRanking, itemProps } = useRanking(
    { candidates: TRIPS, preferences: { themes: [theme] }, timeoutMs: PATIENT_MS },
    { initial },
  );
  const { track } = useTrimtab();
  return element(
    'main',
    { 'data-busy': isRanking },
    element('button', { id: 'food', onClick: () => setTheme('food') }, 'Food'),
    element(
      'ul',
      null,
      items.map(({ id }) =>
        element(
          'li',
          { key: id, ...itemProps(id) },
          element('a', { href: `#${id}` }, id),
          element(
            'button',
            { 'data-trimtab-action': 'none', onClick: () => track('save', { itemId: id }) },
            'Save',
          ),
        ),
      ),
    ),
  );
}
