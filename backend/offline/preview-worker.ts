import { serve } from '../process/serve.ts';
import { preview } from './preview.ts';
import { rebuild } from './rebuild.ts';

const exposed = {
  preview: async (...given: Parameters<typeof preview>) => preview(...given),
  rebuild: async (...given: Parameters<typeof rebuild>) => rebuild(...given),
};

export type PreviewWorker = typeof exposed;
serve(exposed);
