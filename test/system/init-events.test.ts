import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { connect } from '../../backend/store/connect.ts';
import { scorerFromBytes } from '../../shared/format/scorer-bytes.ts';
import { pointsOf } from '../../shared/score/scorer.ts';
import { launch, runCli } from '../backend/cli/support/cli.ts';
import { freePort } from '../support/free-port.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const SHOES = fileURLToPath(new URL('../fixtures/catalogues/shoes.csv', import.meta.url));
const WAIT_MS = 600_000;
const LISTS = 1100;

/** Lists of five shoes, each of another person, who clicks those for women, wherever they stand. */
function pastClicks(): string {
  const [header, ...rows] = readFileSync(SHOES, 'utf8').trim().split('\n');
  const genderAt = header.split(';').indexOf('gender');
  const shoes = rows.map((row) => row.split(';')).filter(([id]) => /^SH-\d+$/.test(id));
  const ids = [...new Set(shoes.map(([id]) => id))];
  const forWomen = new Set(shoes.filter((cells) => cells[genderAt] === 'women').map(([id]) => id));
  const isLiked = (id: string) => forWomen.has(id);
  const lines = ['search_id,visitor,shown_at,sku,position,clicked'];
  for (let list = 0; list < LISTS; list++)
    for (let place = 0; place < 5; place++) {
      const id = ids[(list * 7 + place * (3 + (list % 5))) % ids.length];
      const at = new Date(Date.UTC(2027, 2, 1) + list * 60_000).toISOString();
      lines.push(`q${list},v${list},${at},${id},${place + 1},${isLiked(id) ? 1 : 0}`);
    }
  return `${lines.join('\n')}\n`;
}

/** Points of the first version that was learned, by value. */
async function learnedOfGender(file: string): Promise<Record<'women' | 'men', number>> {
  const client = connect({ url: pathToFileURL(file).href });
  const { rows } = await client.execute("select bytes from weights where version = 'v000001'");
  client.close();
  const scorer = scorerFromBytes(new Uint8Array(rows[0].bytes as ArrayBuffer));
  if (scorer.kind !== 'additive') throw new Error(`v000001 is ${scorer.kind}`);
  const { features } = scorer.schema;
  const feature = features.find((one) => one.kind === 'category' && one.column === 'gender');
  if (feature?.kind !== 'category') throw new Error('nothing is learned by gender');
  const points = pointsOf(scorer)[feature.name];
  const of = (value: string) => points[1 + feature.values.indexOf(value)];
  return { women: of('women'), men: of('men') };
}

test(
  'past clicks become the first training, and what it learned is live',
  async () => {
    const folder = temporaryFolder();
    copyFileSync(SHOES, join(folder, 'shoes.csv'));
    writeFileSync(join(folder, 'clicks.csv'), pastClicks().replace('shown_at', 'timestamp'));
    const ports = [await freePort(), await freePort()].map(String);
    const init = launch(
      [
        'init',
        'shoes.csv',
        '--events',
        'clicks.csv',
        '--yes',
        '--json',
        '--no-stay',
        '--edge-port',
        ports[0],
        '--backend-port',
        ports[1],
      ],
      { TRIMTAB_DIR: '' },
      '',
      folder,
    );
    const answer = (await init.firstJson) as {
      training: {
        rankings: number;
        events: number;
        version: string | null;
        isLive: boolean;
        why: string;
      };
      ranked: unknown[];
    };
    const { exitCode, stderr } = await init.ended;
    expect(exitCode, stderr).toBe(0);
    expect(stderr).toMatch(
      /a row for each item that was shown.*item = sku, at = timestamp, session = visitor, list = search_id/,
    );
    expect(answer.training, stderr).toMatchObject({
      rankings: LISTS,
      version: 'v000001',
      isLive: true,
    });
    // Nobody here is suspicious, also where a person clicks several shoes of a list.
    expect(stderr).not.toContain('not counted');
    const { women, men } = await learnedOfGender(join(folder, '.trimtab', 'trimtab.db'));
    expect(women).toBeGreaterThan(men + 5);
    // Each action is an event that was accepted.
    expect(stderr).toContain(`${answer.training.events.toLocaleString('en')} actions on them`);
    expect(answer.ranked).toHaveLength(3);
  },
  WAIT_MS,
);

test('what nothing can be learned from stops it before anything is written', async () => {
  const folder = temporaryFolder();
  copyFileSync(SHOES, join(folder, 'shoes.csv'));
  writeFileSync(
    join(folder, 'clicks.csv'),
    'session_id,sku,timestamp\ns,SH-1001,2027-03-01T00:00:00Z\n',
  );
  const { exitCode, stderr } = await runCli(
    ['init', 'shoes.csv', '--events', 'clicks.csv', '--yes'],
    {},
    '',
    folder,
  );
  expect(exitCode).toBe(1);
  expect(stderr).toMatch(/clicks.csv: it says what was clicked, and not what was shown/);
  expect(() => readFileSync(join(folder, 'schema.json'))).toThrow(/ENOENT/);
});
