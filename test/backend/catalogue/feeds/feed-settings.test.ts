import { expect, test } from 'vitest';
import { feedsIn } from '../../../../backend/catalogue/feeds/feed.ts';
import { catalogue } from '../../../../backend/catalogue/settings.ts';
import { readEnvironment } from '../../../../backend/config/environment.ts';
import { parseSettings } from '../../../../backend/settings/parse-settings.ts';

const settings = (given: object) => parseSettings(catalogue, given);
const feed = { url: 'https://shop.example/products.csv', schedule: '*/15 * * * *' };

test('a feed has the limits and rules of all, but for its own', () => {
  const [products, hotels] = feedsIn(
    settings({
      read: { idColumn: 'sku', merge: true },
      feeds: {
        products: feed,
        hotels: {
          ...feed,
          read: { format: 'jsonl' },
          maxWithdrawnShare: 1,
          redirectHosts: ['cdn.example'],
        },
      },
      feedLimits: { maxWithdrawnShare: 0.1, maxMegabytes: 1, timeoutSeconds: 5 },
    }),
    {},
  );
  expect(products).toEqual({
    name: 'products',
    ...feed,
    read: { idColumn: 'sku', merge: true },
    redirectHosts: [],
    maxWithdrawnShare: 0.1,
    maxRefusedShare: 0.01,
    maxBytes: 1_000_000,
    timeoutMs: 5000,
  });
  expect(hotels).toMatchObject({
    read: { format: 'jsonl', merge: false },
    maxWithdrawnShare: 1,
    redirectHosts: ['cdn.example'],
  });
  expect(hotels.read).not.toHaveProperty('idColumn');
});

test('a catalogue has no feeds unless some are named', () => {
  expect(feedsIn(settings({}), {})).toEqual([]);
});

test('an address of the environment counts before that of the file, and needs a feed there', () => {
  const secret = 'https://me:secret@shop.example/x.csv?token=t';
  const given = settings({ feeds: { products: { schedule: '' } } });
  expect(feedsIn(given, { products: secret })).toMatchObject([{ url: secret, schedule: '' }]);
  expect(feedsIn(settings({ feeds: { products: feed } }), { products: secret })[0].url).toBe(
    secret,
  );
  expect(() => feedsIn(given, {})).toThrow(/catalogue.feeds.products has no address/);
  expect(() => feedsIn(given, { product: secret })).toThrow(
    /TRIMTAB_FEED_URLS names "product", and catalogue.feeds has products/,
  );
});

test.each([
  [{ ...feed, url: 'file:///etc/passwd' }, /url/],
  [{ ...feed, url: 'ftp://shop.example/x.csv' }, /url/],
  [{ ...feed, url: 'https://me:secret@shop.example/x.csv' }, /url/],
  [{ ...feed, schedule: 'now and then' }, /schedule must be a cron pattern/],
  [{ url: feed.url }, /schedule/],
  [{ ...feed, maxWithdrawnShare: 2 }, /maxWithdrawnShare/],
])('a feed of %j is refused with its setting', (given, why) => {
  expect(() => settings({ feeds: { products: given } })).toThrow(why);
});

const environment = (urls: string) =>
  readEnvironment({
    TRIMTAB_SECRET_KEYS: 'sk_of_these_tests',
    TRIMTAB_INGEST_SECRET: 'secret of these tests',
    TRIMTAB_FEED_URLS: urls,
  });

test('TRIMTAB_FEED_URLS names feeds, and no error shows an address', () => {
  expect(environment('').feedUrls).toEqual({});
  expect(environment(' a=https://x.example/?k=1=2&l\n b-2=http://u:p@y.example ').feedUrls).toEqual(
    {
      a: 'https://x.example/?k=1=2&l',
      'b-2': 'http://u:p@y.example',
    },
  );
  for (const wrong of ['https://me:secret@x', 'a=ftp://secret', 'a=secret', 'A=https://secret'])
    expect(() => environment(`ok=https://x.example ${wrong}`)).toThrow(
      /^entry 2 of TRIMTAB_FEED_URLS must be the name of a feed, "=", and an http or https address$/,
    );
});
