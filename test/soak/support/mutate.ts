/** A place in a JSON value: a key of an object, or an index of a list. */
interface Place {
  readonly holder: Record<string, unknown>;
  readonly key: string;
}

const DEEP = 5000;
const LONG = 70_000;

/** What programs stumble over, as values of JSON. */
export const ODD_VALUES: readonly unknown[] = [
  null,
  true,
  false,
  0,
  -0,
  -1,
  1.5,
  1e308,
  -1e308,
  5e-324,
  2 ** 53,
  2 ** 31,
  8.64e15 + 1,
  [],
  {},
  [null],
  [[]],
  '',
  ' ',
  '0',
  'NaN',
  'Infinity',
  '1e999',
  'null',
  '__proto__',
  'constructor',
  'toString',
  'v000000',
  'v999999',
  '2026-02-30',
  '9999-12-31T23:59:59Z',
  "'; drop table events; --",
  '${jndi}',
  '../../etc/passwd',
  '%00',
  '\0',
  '\n',
  'a\u202eb',
  '\ud800',
  '\udc00x',
  '\ufeff',
  'é',
  'e\u0301',
  '👩🏽‍💻',
  '漢字',
  'İ',
  'x'.repeat(300),
  'x'.repeat(LONG),
  Array.from({ length: 3000 }, (_, i) => i),
];

export const ODD_TEXTS: readonly string[] = ODD_VALUES.filter((value) => typeof value === 'string');

/** JSON of a list in a list in a list …, which no `JSON.stringify` would write. */
const deepText = '['.repeat(DEEP) + ']'.repeat(DEEP);
const DEEP_MARK = 'deep in itself';
/** Numbers as text that JSON allows, or does not. */
const NUMBERS = ['1e999', '-1e999', '1e-400', '9'.repeat(400), '01', 'NaN', '-', '0x10', '1e5'];
const NUMBER_MARK = 'number of another kind';

export type Random = () => number;
export const pick = <T>(random: Random, from: readonly T[]): T =>
  from[Math.floor(random() * from.length)];

/** The bytes of a JSON text in which up to three places of a value are changed, and now and then bytes of the text itself. */
export function mutatedJson(random: Random, value: unknown): Uint8Array<ArrayBuffer> {
  let root = structuredClone({ value });
  for (let changes = Math.floor(4 * random()); changes > 0; changes--) root = changed(random, root);
  const text = (JSON.stringify(root.value) ?? '')
    .replaceAll(`"${DEEP_MARK}"`, deepText)
    .replaceAll(`"${NUMBER_MARK}"`, () => pick(random, NUMBERS));
  const bytes = Uint8Array.from(new TextEncoder().encode(text));
  return random() < 0.1 ? mutatedBytes(random, bytes) : bytes;
}

function changed(random: Random, root: { value: unknown }): { value: unknown } {
  const places = placesIn(root);
  // An earlier change may have taken away the value as a whole.
  if (places.length === 0) return root;
  const { holder, key } = pick(random, places);
  // Copies: a later change goes into what an earlier one has put there.
  const odd = () => structuredClone(pick(random, ODD_VALUES));
  const kinds: (() => void)[] = [
    () => (holder[key] = odd()),
    () => (holder[key] = odd()),
    () => (holder[key] = pick(random, [DEEP_MARK, NUMBER_MARK])),
    () => delete holder[key],
    () => {
      // A list with one item at 2³¹ would be written with all the nulls before it.
      if (Array.isArray(holder)) return;
      // Defined, because an assignment to `__proto__` makes no key.
      Object.defineProperty(holder, pick(random, ODD_TEXTS), {
        value: structuredClone(holder[key]),
        configurable: true,
        enumerable: true,
        writable: true,
      });
    },
    () => (holder[key] = [holder[key], structuredClone(holder[key])]),
    () => (holder[key] = JSON.stringify(holder[key])),
    () => {
      if (typeof holder[key] === 'number') holder[key] *= pick(random, [-1, 1e3, 1e9, 1e-9]);
    },
    () => {
      if (typeof holder[key] === 'string') holder[key] += pick(random, ODD_TEXTS);
    },
    () => {
      const list = holder[key];
      // Lists of long texts, again and again, would be more than a string can hold.
      if (Array.isArray(list) && JSON.stringify(list).length < LONG)
        holder[key] = Array.from({ length: 40 }, () => structuredClone(list) as unknown[]).flat();
    },
  ];
  pick(random, kinds)();
  return root;
}

/** Every key and index of a value, however deep. */
function placesIn(root: Record<string, unknown>): Place[] {
  const places: Place[] = [];
  const walk = (holder: Record<string, unknown>) => {
    for (const [key, inner] of Object.entries(holder)) {
      places.push({ holder, key });
      if (typeof inner === 'object' && inner !== null) walk(inner as Record<string, unknown>);
    }
  };
  walk(root);
  return places;
}

/** Some bytes changed, cut off, doubled or put in. */
export function mutatedBytes(
  random: Random,
  bytes: Uint8Array<ArrayBuffer>,
): Uint8Array<ArrayBuffer> {
  const at = Math.floor(random() * bytes.length);
  switch (Math.floor(4 * random())) {
    case 0:
      return bytes.slice(0, at);
    case 1:
      return Uint8Array.from([...bytes.slice(0, at), 0xff, 0xfe, 0, ...bytes.slice(at)]);
    case 2:
      return Uint8Array.from([...bytes.slice(0, at), ...bytes]);
    default:
      return Uint8Array.from(bytes, (byte) =>
        random() < 0.02 ? Math.floor(256 * random()) : byte,
      );
  }
}
