import { h } from '../dom.ts';
import {
  CURRENCIES,
  languageOf,
  LANGUAGES,
  speech,
  type Currency,
  type LanguageCode,
  type Speech,
} from './language.ts';

/** What the address asks for, else the browser. It stands in the address and not on the device, where nothing is stored unasked. */
export function chosenSpeech(): Speech {
  const asked = new URLSearchParams(location.search);
  const code = languageOf([asked.get('lang') ?? '', ...navigator.languages]);
  return speech(code, currencyOf(asked));
}

const currencyOf = (asked: URLSearchParams): Currency => {
  const currency = asked.get('currency') ?? '';
  return Object.hasOwn(CURRENCIES, currency) ? (currency as Currency) : 'EUR';
};

const NAMES: Readonly<Record<LanguageCode, string>> = { en: 'English', de: 'Deutsch' };

export function speechChoices(
  { words, code }: Speech,
  onChange: (speech: Speech) => void,
): HTMLElement {
  const codes = Object.keys(LANGUAGES) as LanguageCode[];
  const currencies = Object.keys(CURRENCIES) as Currency[];
  const currency = currencyOf(new URLSearchParams(location.search));
  const language = h(
    'select',
    { id: 'language', 'aria-label': words.language },
    codes.map((one) => h('option', { value: one, selected: one === code, lang: one }, NAMES[one])),
  );
  const money = h(
    'select',
    { id: 'currency', 'aria-label': words.currency },
    currencies.map((one) => h('option', { selected: one === currency }, one)),
  );
  const change = (changed: HTMLElement) => {
    const address = new URL(location.href);
    address.searchParams.set('lang', language.value);
    address.searchParams.set('currency', money.value);
    history.replaceState(null, '', address);
    onChange(chosenSpeech());
    // The page is another one; whoever chose goes on where they were.
    document.querySelector<HTMLElement>(`#${changed.id}`)?.focus();
  };
  for (const select of [language, money]) select.addEventListener('change', () => change(select));
  return h('div', { class: 'speech' }, language, money);
}
