import { serve } from '../../process/serve.ts';
import { evaluateVersion } from './evaluate-version.ts';

const exposed = { evaluateVersion };
export type EvaluateWorker = typeof exposed;
serve(exposed);
