import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { loadConfig } from '../../../backend/config/config.ts';
import { settings } from '../../../backend/config/settings.ts';
import { parseSettings } from '../../../backend/settings/parse-settings.ts';
import { homely, hotels } from '../../support/other-schemas.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import definition from '../../../shared/features/smarttrip.json' with { type: 'json' };

const read = (placements: unknown) => parseSettings(settings, { placements }).placements;

describe('placements of the configuration', () => {
  test('none have a lineage of their own where nothing is said', () => {
    expect(parseSettings(settings, {}).placements).toEqual({});
  });

  test('each may have any of its settings', () => {
    const asked = {
      home: {
        schema: './home.json',
        reward: { click: 1, 'outcome.margin': 0.5 },
        exploration: { epsilon: 0.1, fromSlot: 2 },
        gate: { maxCost: 3 },
        layer: 'home-page',
      },
      constructor: {},
    };
    expect(read(asked)).toEqual(asked);
  });

  const many = Object.fromEntries(Array.from({ length: 17 }, (_, i) => [`p${i}`, {}]));
  test.each([
    ['a list', [], /placements/],
    ['a text', 'home', /placements/],
    ['a name that is no placement', { Home: {} }, /is no placement/],
    ['a name that is too long', { ['h'.repeat(65)]: {} }, /is no placement/],
    ['more than are served', many, /may have 16 placements, but has 17/],
    ['a setting that there is not', { home: { wieghts: 1 } }, /wieghts/],
    ['a metric that there is not', { home: { reward: { clicks: 1 } } }, /is no metric/],
    ['a reward that nothing earns', { home: { reward: { click: 0 } } }, /above 0/],
    ['no reward at all', { home: { reward: {} } }, /above 0/],
    ['a weight that is no number', { home: { reward: { click: '1' } } }, /click/],
    ['an epsilon above 1', { home: { exploration: { epsilon: 2 } } }, /epsilon must be 0 to 1/],
    ['an exploration that there is not', { home: { exploration: { heat: 2 } } }, /heat/],
    ['a cost below 1', { home: { gate: { maxCost: 0.5 } } }, /maxCost/],
    ['a layer of other letters', { home: { layer: 'Home page' } }, /lower-case letters/],
    ['an empty name of a schema', { home: { schema: '' } }, /schema/],
  ])('is refused in words: %s', (_, placements, message) => {
    expect(() => read(placements)).toThrow(message);
  });
});

describe('the schema of a placement', () => {
  const load = (name: string, schema: object) => {
    // A file of one name is read once.
    const folder = temporaryFolder();
    writeFileSync(join(folder, name), JSON.stringify(schema));
    const config = { placements: { home: { schema: `./${name}` } } };
    writeFileSync(join(folder, 'trimtab.config.ts'), `export default ${JSON.stringify(config)};`);
    const env = {
      TRIMTAB_DIR: join(folder, 'state'),
      TRIMTAB_EDGE_URL: 'http://127.0.0.1:1',
      TRIMTAB_SECRET_KEYS: 'sk_of-a-placement-for-tests-000000000',
      TRIMTAB_INGEST_SECRET: 'an-ingest-secret-for-tests-00000000000',
      TRIMTAB_IDENTITY_SECRET: 'an-identity-secret-for-tests-000000000',
    };
    return loadConfig({ env, directory: folder });
  };

  test('may have other features over the same columns, and no other columns', async () => {
    const { placements } = await load('home.json', homely);
    expect(placements.home.schema?.name).toBe('homely');
    await expect(load('hotels.json', hotels)).rejects.toThrow(
      /placements\.home\.schema: its columns differ from those of schema smarttrip.*stars/,
    );
    await expect(load('broken.json', { ...definition, features: [] })).rejects.toThrow(
      /schema .*broken\.json/,
    );
  });
});
