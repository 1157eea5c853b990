/**
 * Stands in for wrangler and an account: `FAKE_ACCOUNT` names a JSON file that holds the Workers with their secrets and
 * namespaces, and every call with its input. As of wrangler 4.156, a Worker is made by `deploy`, which makes a namespace for each
 * KV binding that the Worker has not; secrets can be listed of a Worker that exists alone, and are set all or none.
 */
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';

const KV_BINDINGS = /^\[\[kv_namespaces\]\]\nbinding = "(\w+)"(?:\nid = "(.*)")?/gm;
const path = process.env.FAKE_ACCOUNT;
const account = JSON.parse(readFileSync(path, 'utf8'));
const args = process.argv.slice(2);
const option = (name) => args.find((arg) => arg.startsWith(`--${name}=`))?.split('=')[1];
const name = option('name');
const input = readFileSync(0, 'utf8');
account.calls.push({ args, input, interactive: process.stdin.isTTY });
const save = () => writeFileSync(path, JSON.stringify(account));

const [verb, second] = args;
const worker = account.workers[name];
function fail(message) {
  save();
  process.stderr.write(`✘ [ERROR] ${message}\n`);
  process.exit(1);
}
if (account.failAt === [verb, second].join(' ')) fail('the network is gone');

if (verb === 'deploy') {
  if (account.signedOut)
    fail("In a non-interactive environment, it's necessary to set a CLOUDFLARE_API_TOKEN");
  const known = worker ?? { secrets: {}, namespaces: {} };
  const config = readFileSync(option('config'), 'utf8');
  for (const [, binding, id] of config.matchAll(KV_BINDINGS)) {
    const title = `${name}-${binding.toLowerCase()}`;
    if (id === undefined && known.namespaces[binding] === undefined) {
      if (account.namespaces.includes(title))
        fail('a namespace with this account ID and title already exists [code: 10014]');
      account.namespaces.push(title);
      known.namespaces[binding] = title;
    }
  }
  account.workers[name] = known;
  const output = { type: 'deploy', version: 1, targets: account.targets };
  appendFileSync(process.env.WRANGLER_OUTPUT_FILE_PATH, `${JSON.stringify(output)}\n`);
} else if (verb === 'secret' && worker === undefined) fail(`Worker "${name}" not found.`);
else if (second === 'list') {
  const secrets = Object.keys(worker.secrets).map((each) => ({ name: each, type: 'secret_text' }));
  process.stdout.write(`${JSON.stringify(secrets, null, '  ')}\n`);
} else if (second === 'bulk') {
  const file = args.find((arg, i) => i > 1 && !arg.startsWith('--'));
  if (file !== undefined) fail('secrets come by standard input');
  Object.assign(worker.secrets, JSON.parse(input));
} else fail(`what is ${args.join(' ')}?`);
save();
