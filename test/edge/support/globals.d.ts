declare namespace Cloudflare {
  type WorkerEnv = import('../../../edge/platform/env.ts').Env;
  interface Env extends WorkerEnv {}
}
