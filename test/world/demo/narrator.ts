import { styleText } from 'node:util';

/** Tells what happens while it does. */
export interface Narrator {
  /** A step begins. */
  step(title: string): void;
  /** A sentence, with the time at which it became true. */
  line(text: string): void;
  /** Lines that belong to the one before. */
  lines(text: string): void;
  /** Of what comes before or after the story. */
  block(text: string): void;
}

const INDENT = ' '.repeat(7);
const WIDTH = 110;

/** With the time since it was made; colours only where the stream is a terminal that has them. */
export function narrator(stream: NodeJS.WriteStream): Narrator {
  const beganMs = performance.now();
  const styled = (style: 'dim' | 'bold', text: string) =>
    styleText(style, text, { stream, validateStream: true });
  const clock = () => {
    const seconds = Math.floor((performance.now() - beganMs) / 1000);
    const text = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
    return styled('dim', text.padStart(INDENT.length - 2));
  };
  const write = (text: string) => void stream.write(`${text}\n`);
  return {
    step: (title) => write(`\n${INDENT}${styled('bold', title)}`),
    line: (text) => write(`${clock()}  ${folded(text)}`),
    lines: (text) => write(text.replaceAll(/^/gm, `${INDENT}  `)),
    block: (text) => write(`\n${text}`),
  };
}

/** Longer sentences go on in the next line, under their beginning. */
function folded(text: string): string {
  const hang = text.startsWith('→') ? HANG : '';
  const lines: string[] = [''];
  for (const word of text.split(/(?<=\S) (?=[^\s%])/)) {
    const last = lines.at(-1)!;
    if (last !== '' && last.length + word.length >= WIDTH) lines.push(`${hang}${word}`);
    else lines.push(`${lines.pop()!}${last === '' ? '' : ' '}${word}`);
  }
  return lines.join(`\n${INDENT}`);
}

/** As wide as the step of a rollout that stands before its sentence. */
const HANG = ' '.repeat(15);
