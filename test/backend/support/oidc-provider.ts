import { createHash, generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface OidcProvider {
  readonly issuer: string;
  /** What the next ID token claims besides what it must; undefined removes a claim. */
  claims: Record<string, unknown>;
  /** Signs it by a key that is not among those that it publishes. */
  forges: boolean;
  close(): Promise<void>;
}

const base64url = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
const keys = () => generateKeyPairSync('rsa', { modulusLength: 2048 });

/** An identity provider that signs everybody in at once: OpenID Connect by authorization code with PKCE (S256). */
export async function startOidcProvider(client: {
  readonly id: string;
  readonly secret: string;
}): Promise<OidcProvider> {
  const [own, other] = [keys(), keys()];
  const codes = new Map<string, URLSearchParams>();
  const server = createServer((request, response) => {
    const url = new URL(request.url!, issuer);
    const json = (status: number, body: unknown) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    if (url.pathname === '/.well-known/openid-configuration')
      return json(200, {
        issuer,
        authorization_endpoint: `${issuer}/authorize`,
        token_endpoint: `${issuer}/token`,
        jwks_uri: `${issuer}/jwks`,
        response_types_supported: ['code'],
        id_token_signing_alg_values_supported: ['RS256'],
        subject_types_supported: ['public'],
      });
    if (url.pathname === '/jwks')
      return json(200, {
        keys: [{ ...own.publicKey.export({ format: 'jwk' }), alg: 'RS256', use: 'sig', kid: '1' }],
      });
    if (url.pathname === '/authorize') {
      const code = randomBytes(12).toString('hex');
      codes.set(code, url.searchParams);
      const back = new URL(url.searchParams.get('redirect_uri')!);
      back.searchParams.set('code', code);
      back.searchParams.set('state', url.searchParams.get('state')!);
      return response.writeHead(302, { location: back.href }).end();
    }
    let body = '';
    request.on('data', (part: Buffer) => (body += part.toString()));
    request.on('end', () => {
      const given = new URLSearchParams(body);
      const asked = codes.get(given.get('code') ?? '');
      codes.delete(given.get('code') ?? '');
      const challenge = createHash('sha256')
        .update(given.get('code_verifier') ?? '')
        .digest('base64url');
      const fits =
        asked !== undefined &&
        asked.get('code_challenge') === challenge &&
        asked.get('redirect_uri') === given.get('redirect_uri') &&
        given.get('client_id') === client.id &&
        given.get('client_secret') === client.secret;
      if (!fits) return json(400, { error: 'invalid_grant' });
      const now = Math.floor(Date.now() / 1000);
      const claims = {
        iss: issuer,
        aud: client.id,
        sub: 'of the test',
        iat: now,
        exp: now + 300,
        nonce: asked.get('nonce'),
        ...provider.claims,
      };
      const signed = `${base64url({ alg: 'RS256', kid: '1', typ: 'JWT' })}.${base64url(claims)}`;
      const { privateKey } = provider.forges ? other : own;
      const signature = sign('sha256', Buffer.from(signed), privateKey).toString('base64url');
      return json(200, {
        access_token: 'of no use here',
        token_type: 'bearer',
        expires_in: 300,
        id_token: `${signed}.${signature}`,
      });
    });
    return undefined;
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const provider: OidcProvider = {
    issuer,
    claims: {},
    forges: false,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return provider;
}
