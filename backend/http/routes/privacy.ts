import { createRoute, z } from '@hono/zod-openapi';
import { privacyNotice } from '../../reports/privacy/notice.ts';
import {
  recordMarkdown,
  recordOfProcessing,
  type RecordOfProcessing,
} from '../../reports/privacy/record-of-processing.ts';
import { answer, objectOf, problems, router } from '../contract/openapi.ts';
import type { Services } from '../contract/services.ts';

const report = createRoute({
  method: 'get',
  path: '/v1/privacy/report',
  summary: 'Record of processing (GDPR, article 30) by the configuration in force',
  request: { query: z.strictObject({ format: z.enum(['json', 'markdown']).optional() }) },
  responses: {
    200: {
      description: 'The record; as text/markdown where asked',
      content: {
        'application/json': { schema: objectOf<RecordOfProcessing>('The record') },
        'text/markdown': { schema: z.string() },
      },
    },
    ...problems,
  },
});

const notice = createRoute({
  method: 'get',
  path: '/v1/privacy/notice',
  summary: 'Template of a privacy notice that fits what is collected',
  request: { query: z.strictObject({ language: z.enum(['en', 'de']).optional() }) },
  responses: {
    200: answer(
      z.object({ language: z.enum(['en', 'de']), markdown: z.string() }),
      'What only you know stands in brackets',
    ),
    ...problems,
  },
});

const MARKDOWN = { 'content-type': 'text/markdown; charset=utf-8' };

export const privacyRoutes = ({ store, processing, liveSchema, nowMs }: Services) =>
  router()
    .openapi(report, async (c) => {
      const record = await recordOfProcessing(store, processing, nowMs());
      return c.req.valid('query').format === 'markdown'
        ? c.body(recordMarkdown(record), 200, MARKDOWN)
        : c.json(record, 200);
    })
    .openapi(notice, async (c) => {
      const { periods, controller, places } = processing;
      const inputs = {
        schema: await liveSchema(),
        periods,
        controller,
        isEdgeLocal: places.isEdgeLocal,
      };
      const language = c.req.valid('query').language ?? 'en';
      return c.json({ language, markdown: privacyNotice(inputs, language) }, 200);
    });
