/** Names and addresses that lead nowhere from Cloudflare: this machine, private networks, and those that documentation uses. */
const LOCAL_NAME = /^(localhost|.*\.(localhost|local|internal|lan|test|invalid))$/;
const PRIVATE_ADDRESS =
  /^(127\.|10\.|0\.|169\.254\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.|\[(::1?|f[cd].*|fe80.*)\]$)/;
const EXAMPLE_NAME = /^(.*\.)?(example|example\.(com|org|net))$/;

/** @returns what keeps an address from being the one at which the edge reaches the backend; undefined where nothing does. */
export function backendUrlProblem(text: string): string | undefined {
  if (!URL.canParse(text)) return `"${text}" is no URL`;
  const { protocol, hostname, username, password, search, hash } = new URL(text);
  if (protocol !== 'https:')
    return `${text} is not https: what visitors did would cross the network in the clear`;
  if (username !== '' || password !== '' || search !== '' || hash !== '')
    return 'it must hold no user, password, query or fragment: the edge signs what it sends';
  if (EXAMPLE_NAME.test(hostname)) return `${text} is a placeholder`;
  if (LOCAL_NAME.test(hostname) || PRIVATE_ADDRESS.test(hostname))
    return `Cloudflare cannot reach ${text}: give the backend a public name, or a tunnel`;
  return undefined;
}
