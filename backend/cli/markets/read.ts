import { backendClient, json } from '../../client/backend-client.ts';
import { print } from '../../client/print.ts';
import { backendVerb, type VerbOptions } from '../command/verb.ts';

export const readRatesVerb = () =>
  backendVerb('read', 'read exchange rates now')
    .option('--any-change', 'also where a currency changed more than exchangeRates.maxChange')
    .action(async ({ anyChange, ...options }: VerbOptions & { readonly anyChange?: boolean }) => {
      const read = await json(
        backendClient(options)['exchange-rates'].read.$post({ json: { anyChange } }),
      );
      print(
        read,
        () =>
          `exchange rates of ${read.day}, base ${read.base}, with ${read.currencies} others: ${read.changed ? 'taken, and the catalogue is published by them.' : 'as before.'}`,
        options,
      );
    });
