import { z } from 'zod';
import { isCurrency } from '../../../shared/domain/currency.ts';
import { parseMarkets, type Markets } from '../../../shared/domain/trade.ts';
import { messageOf } from '../../../shared/text/message-of.ts';
import { group, multiple, positive, schedule } from '../../settings/fields.ts';

const currency = z
  .string()
  .refine(isCurrency, 'must be the code of a currency such as EUR')
  .meta({ examples: ['EUR'] });

const market = z
  .strictObject({
    currency: currency.optional(),
    language: z.string().min(1).optional(),
    prices: z.record(z.string().min(1), z.string().min(1)).readonly().optional(),
  })
  .readonly();

/** By name, as `context.market` of requests has it. The first one is that of requests that name none. */
export const markets = z
  .record(z.string(), market)
  .readonly()
  .optional()
  .superRefine((given, context) => {
    if (given === undefined) return;
    try {
      marketsOf(given, undefined);
    } catch (error) {
      context.addIssue({ code: 'custom', message: messageOf(error) });
    }
  });

export const marketItems = group({
  /** A column of type set that says in which markets an item is shown; without it, all items are shown in all markets. */
  column: z
    .string()
    .min(1)
    .optional()
    .meta({ examples: ['markets'] }),
  /** Where items are shown that list no market. */
  unlisted: z.enum(['everywhere', 'nowhere']).default('everywhere'),
});

/** Where exchange rates come from; without any, prices are of one currency. */
export const exchangeRates = z
  .strictObject({
    base: currency.default('EUR'),
    perBase: z.record(z.string(), positive).readonly().optional(),
    url: z
      .string()
      .refine(
        (text) => URL.canParse(text) && /^https?:$/.test(new URL(text).protocol),
        'must be an http or https address',
      )
      .optional(),
    file: z.string().min(1).optional(),
    schedule: schedule.default('20 16 * * *'),
    maxChange: multiple.default(1.2),
    maxAgeDays: positive.default(7),
  })
  .refine(
    ({ perBase, url, file }) =>
      [perBase, url, file].filter((one) => one !== undefined).length === 1,
    'must have one of perBase, url and file',
  )
  .readonly()
  .optional();

export type ExchangeRateSettings = NonNullable<z.infer<typeof exchangeRates>>;

/** @throws ApiError 400 naming what is wrong. */
export function marketsOf(
  given: z.infer<typeof markets>,
  items: z.infer<typeof marketItems> | undefined,
): Markets | undefined {
  const [first] = Object.keys(given ?? {});
  if (given === undefined || first === undefined) return undefined;
  const { column, unlisted = 'everywhere' } = items ?? {};
  return parseMarkets({
    default: first,
    ...(column !== undefined && { column }),
    ...(unlisted === 'nowhere' && { unlisted }),
    markets: given,
  });
}
