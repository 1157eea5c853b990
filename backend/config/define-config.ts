import type { TrimtabConfig } from './settings.ts';

export type { TrimtabConfig };

/** For `trimtab.config.ts`: what it is given, with help and checks in the editor. */
export const defineConfig = (config: TrimtabConfig): TrimtabConfig => config;
