import * as oauth from 'oauth4webapi';
import { fetchBy } from '../outbound/fetch.ts';
import type { Outbound } from '../outbound/outbound.ts';
import { ApiError } from '../../shared/domain/errors.ts';
import type { Person } from './role.ts';
import type { DashboardSettings } from './settings.ts';

type Oidc = NonNullable<DashboardSettings['oidc']>;

export interface ProviderDeps {
  readonly oidc: Oidc;
  /** Address of the dashboard as people see it. */
  readonly url: string;
  /** Undefined: the provider knows this client without a secret, by PKCE alone. */
  readonly clientSecret: string | undefined;
  readonly outbound: Outbound;
}

/** What the browser keeps between leaving for the provider and coming back. */
export interface Checks {
  readonly state: string;
  readonly nonce: string;
  readonly verifier: string;
}

export const CALLBACK = '/login/oidc/callback';

/** Authorization code flow with PKCE, state and nonce (OpenID Connect Core 1.0, RFC 7636). */
export function providerOf({ oidc, url, clientSecret, outbound }: ProviderDeps) {
  const issuer = new URL(oidc.issuer);
  const client: oauth.Client = { client_id: oidc.clientId };
  const authentication =
    clientSecret === undefined ? oauth.None() : oauth.ClientSecretPost(clientSecret);
  // Only to this machine itself, as somebody who tries it out has it.
  const insecure = ['127.0.0.1', 'localhost', '[::1]'].includes(issuer.hostname);
  const options = {
    // Its documents name further addresses, which nobody here wrote.
    [oauth.customFetch]: fetchBy(outbound, ({ hostname }) => hostname === issuer.hostname),
    ...(insecure && { [oauth.allowInsecureRequests]: true }),
  };
  const redirectUri = `${url.replace(/\/+$/, '')}${CALLBACK}`;
  let found: Promise<oauth.AuthorizationServer> | undefined;
  const server = () => {
    found ??= oauth
      .discoveryRequest(issuer, options)
      .then((response) => oauth.processDiscoveryResponse(issuer, response));
    // A provider that does not answer now may answer the next time.
    found.catch(() => (found = undefined));
    return found;
  };
  return {
    /** As the configuration has it. */
    issuer: oidc.issuer,
    /** @returns where to send the browser, and what it must bring back. */
    async start(): Promise<{ readonly location: string; readonly checks: Checks }> {
      const { authorization_endpoint: endpoint } = await server();
      if (endpoint === undefined) throw refused('the identity provider names no sign-in page');
      const checks = {
        state: oauth.generateRandomState(),
        nonce: oauth.generateRandomNonce(),
        verifier: oauth.generateRandomCodeVerifier(),
      };
      const location = new URL(endpoint);
      const asked = {
        client_id: oidc.clientId,
        redirect_uri: redirectUri,
        response_type: 'code',
        scope: 'openid email',
        code_challenge: await oauth.calculatePKCECodeChallenge(checks.verifier),
        code_challenge_method: 'S256',
        state: checks.state,
        nonce: checks.nonce,
      };
      for (const [name, value] of Object.entries(asked)) location.searchParams.set(name, value);
      return { location: location.href, checks };
    },
    /** @param came the address that the browser came back to. @throws ApiError 403 where they may not look, or something does not fit. */
    async finish(came: URL, { state, nonce, verifier }: Checks): Promise<Person> {
      let claims: oauth.IDToken | undefined;
      try {
        const as = await server();
        const params = oauth.validateAuthResponse(as, client, came, state);
        const response = await oauth.authorizationCodeGrantRequest(
          as,
          client,
          authentication,
          params,
          redirectUri,
          verifier,
          options,
        );
        const result = await oauth.processAuthorizationCodeResponse(as, client, response, {
          expectedNonce: nonce,
          requireIdToken: true,
        });
        // Over TLS from the provider itself the signature adds nothing, but it costs little to check it.
        await oauth.validateApplicationLevelSignature(as, response, options);
        claims = oauth.getValidatedIdTokenClaims(result);
      } catch (error) {
        throw refused(
          `the identity provider’s answer was not accepted (${error instanceof Error ? error.message : 'unknown'})`,
        );
      }
      const { email, email_verified: isVerified } = claims ?? ({} as Partial<oauth.IDToken>);
      // RFC 5321, 4.5.3.1: no address is longer. It is kept whole, as the lists are asked for it again.
      if (typeof email !== 'string' || email.length > 254 || isVerified !== true)
        throw refused('the identity provider gave no verified e-mail address');
      const role = roleOf(email, oidc);
      if (role === undefined)
        throw refused(`${email} is not among those who may look at this dashboard`);
      return { role, name: email };
    },
  };
}

/** Addresses differ by letters alone, not by their case; a domain is all of its addresses, and of none below it. */
export function roleOf(
  email: string,
  { operators, viewers }: Pick<Oidc, 'operators' | 'viewers'>,
): Person['role'] | undefined {
  const own = email.toLowerCase();
  const domain = own.slice(own.lastIndexOf('@'));
  const isAmong = (list: readonly string[]) =>
    list.some((entry) => [own, domain].includes(entry.toLowerCase()));
  if (isAmong(operators)) return 'operator';
  return isAmong(viewers) ? 'viewer' : undefined;
}

const refused = (message: string) => new ApiError(403, 'sign_in_refused', message);
