import type { Schema } from '../../../shared/features/schema.ts';
import type { Periods } from './inventory.ts';

export type NoticeLanguage = 'en' | 'de';

export interface NoticeInputs {
  readonly schema: Pick<Schema, 'features'>;
  readonly periods: Pick<Periods, 'log' | 'units'>;
  readonly controller: { readonly name?: string; readonly contact?: string };
  readonly isEdgeLocal: boolean;
}

/** What the features of a schema read of a visitor. */
interface Read {
  /** The context of a request, and with it who the visitor is (`demographics`), which the same features read. */
  readonly context: boolean;
  /** What the visitor did before. */
  readonly recent: boolean;
}

const HISTORY: ReadonlySet<string> = new Set([
  'item-affinity',
  'search-affinity',
  'recent',
  'recent-distance',
]);

function readOf({ features }: Pick<Schema, 'features'>): Read {
  return {
    context: features.some(({ kind }) => kind === 'context'),
    recent: features.some(({ kind }) => HISTORY.has(kind)),
  };
}

interface Words {
  readonly title: string;
  readonly unset: (setting: string) => string;
  readonly text: (inputs: NoticeInputs, read: Read, who: string, contact: string) => string[];
}

const WORDS: Readonly<Record<NoticeLanguage, Words>> = {
  en: {
    title: 'How we order what you see',
    unset: (setting) => `[set ${setting}]`,
    text: ({ periods, isEdgeLocal }, read, who, contact) => [
      `Responsible: ${who}. Contact: ${contact}.`,
      'Our pages order offers by what visitors like. For this we process, under a pseudonymous id of your visit and, if you are signed in, of your account: what you asked for, which offers were shown to you, and whether you saw, opened, saved or booked them and how long that took.',
      ...(read.context
        ? ['The circumstances of your visit, such as device or time of day, are read as well.']
        : []),
      ...(read.recent
        ? [
            'What you looked at before is read; that of earlier visits is kept by your own browser, and is sent only if you agreed to personalisation.',
          ]
        : []),
      ...(read.context
        ? ['Details that you gave, such as an age group, are read only if you agreed to it.']
        : []),
      'We do not store your IP address, your browser’s identification or your name.',
      'Legal basis: [consent, article 6(1)(a), or legitimate interest, article 6(1)(f) GDPR: choose what applies]. Without your consent we order offers all the same, and store no id.',
      `Recipients: ${isEdgeLocal ? 'none' : 'Cloudflare, which runs our servers at the edge, as our processor'}.`,
      `Kept: ${periods.log} days; sums of what was done in a visit and its long-term value ${periods.units} days.`,
      'You may ask for a copy of your data (articles 15 and 20), have them erased (article 17), object (article 21), withdraw consent at any time, and complain to a supervisory authority.',
    ],
  },
  de: {
    title: 'Wie wir anordnen, was Sie sehen',
    unset: (setting) => `[${setting} setzen]`,
    text: ({ periods, isEdgeLocal }, read, who, contact) => [
      `Verantwortlich: ${who}. Kontakt: ${contact}.`,
      'Unsere Seiten ordnen Angebote danach, was Besuchern gefällt. Dazu verarbeiten wir unter einer pseudonymen Kennung Ihres Besuchs und, wenn Sie angemeldet sind, Ihres Kontos: wonach Sie gefragt haben, welche Angebote Ihnen gezeigt wurden, und ob Sie diese gesehen, geöffnet, gemerkt oder gebucht haben und wie lange das dauerte.',
      ...(read.context
        ? ['Auch die Umstände Ihres Besuchs, etwa Gerät oder Tageszeit, gehen ein.']
        : []),
      ...(read.recent
        ? [
            'Was Sie zuvor angesehen haben, geht ein; was aus früheren Besuchen stammt, behält Ihr eigener Browser und sendet es nur, wenn Sie der Personalisierung zugestimmt haben.',
          ]
        : []),
      ...(read.context
        ? [
            'Angaben, die Sie gemacht haben, etwa eine Altersgruppe, gehen nur mit Ihrer Zustimmung ein.',
          ]
        : []),
      'Ihre IP-Adresse, die Kennung Ihres Browsers und Ihren Namen speichern wir nicht.',
      'Rechtsgrundlage: [Einwilligung, Art. 6 Abs. 1 lit. a, oder berechtigtes Interesse, Art. 6 Abs. 1 lit. f DSGVO: wählen, was gilt]. Ohne Ihre Einwilligung ordnen wir Angebote ebenso und speichern keine Kennung.',
      `Empfänger: ${isEdgeLocal ? 'keine' : 'Cloudflare, das unsere Server am Netzrand als Auftragsverarbeiter betreibt'}.`,
      `Dauer: ${periods.log} Tage; Summen dessen, was in einem Besuch geschah, und dessen langfristiger Wert ${periods.units} Tage.`,
      'Sie können eine Kopie Ihrer Daten (Art. 15 und 20), deren Löschung (Art. 17) und Widerspruch (Art. 21 DSGVO) verlangen, eine Einwilligung jederzeit widerrufen und sich bei einer Aufsichtsbehörde beschweren.',
    ],
  },
};

/** A template of a privacy notice that fits what is collected; what only the controller knows stands in brackets. */
export function privacyNotice(inputs: NoticeInputs, language: NoticeLanguage): string {
  const { title, unset, text } = WORDS[language];
  const who = inputs.controller.name ?? unset('privacy.controller.name');
  const contact = inputs.controller.contact ?? unset('privacy.controller.contact');
  return `# ${title}\n\n${text(inputs, readOf(inputs.schema), who, contact).join('\n\n')}\n`;
}
