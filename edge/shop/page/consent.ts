import type { Client, Consent } from '../../client/types.ts';
import { h } from './dom.ts';
import type { Speech } from './words/language.ts';

const CHOICES = ['personalise', 'measure', 'none'] as const;

const isConsent = (value: unknown): value is Consent => CHOICES.includes(value as Consent);

/**
 * Asks the visitor what they agree to, unless somebody else does. A consent tool takes over by two events of `document`: it calls
 * `preventDefault()` on `shop:ask-consent`, which is sent whenever the shop would ask, and sends `shop:consent` with the answer
 * (`personalise`, `measure` or `none`) as `detail`. The shop's own banner answers by the same event.
 */
export function consentOf(client: Client, onConsent: () => void) {
  let wasAsked = client.consent !== 'none';
  let banner: HTMLElement | undefined;
  const remove = () => {
    banner?.remove();
    banner = undefined;
  };
  document.addEventListener('shop:consent', (event) => {
    const { detail } = event as CustomEvent<unknown>;
    if (!isConsent(detail)) return;
    wasAsked = true;
    remove();
    client.setConsent(detail);
    onConsent();
  });
  const show = ({ words }: Speech) => {
    remove();
    banner = h(
      'section',
      { class: 'consent', 'aria-labelledby': 'consent-title' },
      h(
        'div',
        {},
        h('h2', { id: 'consent-title' }, words.consentTitle),
        h('p', {}, words.consentText),
      ),
      h(
        'div',
        { class: 'actions' },
        button(words.consentAll, 'personalise'),
        button(words.consentMeasure, 'measure'),
        button(words.consentNone, 'none'),
      ),
    );
    document.body.append(banner);
  };
  return {
    /** Asks where nobody has answered yet. A browser that says no (Global Privacy Control) is not asked. */
    ask(speech: Speech, again = false): void {
      if (banner !== undefined) return show(speech);
      const says = (navigator as { globalPrivacyControl?: boolean }).globalPrivacyControl;
      if ((wasAsked && !again) || says === true) return;
      const asks = new CustomEvent('shop:ask-consent', { cancelable: true });
      if (document.dispatchEvent(asks)) show(speech);
    },
  };
}

function button(label: string, consent: Consent): HTMLElement {
  const made = h('button', { type: 'button' }, label);
  made.addEventListener('click', () =>
    document.dispatchEvent(new CustomEvent('shop:consent', { detail: consent })),
  );
  return made;
}
