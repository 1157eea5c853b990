import { createInterface } from 'node:readline/promises';
import type { Question } from '../../catalogue/propose/guess.ts';
import { note } from '../../client/print.ts';

/** Whom the questions of `trimtab init` go to: a person, or nobody. */
export interface Asked {
  readonly isPerson: boolean;
  /** @returns one of the choices. */
  choose(question: Pick<Question, 'text' | 'choices' | 'otherwise'>): Promise<string>;
  confirm(text: string): Promise<boolean>;
  close(): void;
}

/** Nobody: what a person would be asked is decided and said. */
export const nobody: Asked = {
  isPerson: false,
  choose({ text, choices, otherwise }) {
    const { meaning } = choices.find(({ value }) => value === otherwise)!;
    note(`${text} Taken: ${otherwise} (${meaning}).`);
    return Promise.resolve(otherwise);
  },
  confirm: () => Promise.resolve(true),
  close: () => undefined,
};

/** Whoever sits at the terminal. Questions go to stderr, as stdout is for results. */
export function atTerminal(): Asked {
  const line = createInterface({ input: process.stdin, output: process.stderr });
  return {
    isPerson: true,
    async choose({ text, choices, otherwise }) {
      const listed = choices.map(({ value, meaning }, i) => `  ${i + 1}  ${value} (${meaning})`);
      const preferred = 1 + choices.findIndex(({ value }) => value === otherwise);
      for (;;) {
        const answer = await line.question(`\n${text}\n${listed.join('\n')}\n[${preferred}] `);
        const chosen = answer.trim() === '' ? preferred : Number(answer);
        const choice = choices[chosen - 1] ?? choices.find(({ value }) => value === answer.trim());
        if (choice !== undefined) return choice.value;
      }
    },
    async confirm(text) {
      for (;;) {
        const answer = (await line.question(`${text} [Y/n] `)).trim().toLowerCase();
        if (['', 'y', 'yes'].includes(answer)) return true;
        if (['n', 'no'].includes(answer)) return false;
      }
    },
    close: () => line.close(),
  };
}
