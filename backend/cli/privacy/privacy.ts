import { InvalidArgumentError } from 'commander';
import { backendClient, json } from '../../client/backend-client.ts';
import { print } from '../../client/print.ts';
import { backendVerb, type VerbOptions } from '../command/verb.ts';

export const privacyReportVerb = () =>
  backendVerb('report', 'record of processing: what is stored, where, why and for how long').action(
    async (options: VerbOptions) => {
      const format = options.json === true ? 'json' : 'markdown';
      const answer = await backendClient(options).privacy.report.$get({ query: { format } });
      process.stdout.write(await answer.text());
    },
  );

export const privacyNoticeVerb = () =>
  backendVerb('notice', 'template of a privacy notice that fits what is collected')
    .option('--language <language>', 'en or de', language, 'en' as const)
    .action(async (options: VerbOptions & { language: 'en' | 'de' }) => {
      const query = { language: options.language };
      const answer = await json(backendClient(options).privacy.notice.$get({ query }));
      print(answer, () => answer.markdown, options);
    });

function language(text: string): 'en' | 'de' {
  if (text === 'en' || text === 'de') return text;
  throw new InvalidArgumentError('It must be en or de.');
}
