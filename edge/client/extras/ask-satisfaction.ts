import type { Client } from '../types.ts';

export interface Survey {
  /** The question, in the visitor's language. */
  readonly question: string;
  /** What may be answered, the worst first: the first is stored as 0, the last as 1. */
  readonly answers: readonly string[];
  /** Where it is shown. */
  readonly parent: Element;
  /** By which answers to different questions are told apart. */
  readonly name?: string;
}

/**
 * Asks one question by buttons, and goes when it is answered. It shows nothing without consent, as the answer could not be stored.
 * The page styles it by `.trimtab-survey`. @returns takes it away.
 */
export function askSatisfaction(
  client: Client,
  { question, answers, parent, name = 'satisfaction' }: Survey,
): () => void {
  const survey = document.createElement('fieldset');
  const leave = () => survey.remove();
  if (client.consent === 'none') return leave;
  survey.className = 'trimtab-survey';
  const legend = document.createElement('legend');
  legend.textContent = question;
  const buttons = answers.map((answer, i) => {
    const button = document.createElement('button');
    button.type = 'button';
    button.textContent = answer;
    button.addEventListener('click', () => {
      const value = answers.length > 1 ? i / (answers.length - 1) : 1;
      client.track('survey', { value, properties: { survey: name } });
      leave();
    });
    return button;
  });
  survey.append(legend, ...buttons);
  parent.append(survey);
  return leave;
}
