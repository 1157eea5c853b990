declare namespace Cloudflare {
  type WorkerEnv = import('../../../edge/env.ts').Env;
  interface Env extends WorkerEnv {}
}
