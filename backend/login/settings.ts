import { z } from 'zod';
import { atLeastOne, group, positive, problem } from '../settings/fields.ts';

/** Who may look at the dashboard, and for how long a browser stays signed in. */
export const dashboard = group({
  /** A browser that asks for nothing for so long has to sign in again. */
  idleMinutes: positive.max(43_200).default(720),
  /** Whatever it does, it has to sign in again after so long. */
  sessionHours: positive.max(2160).default(168),
  /** A link that nobody opened stops working after so long. */
  linkMinutes: positive.max(1440).default(15),
  /** Tries to sign in from one address in a minute; more are refused. */
  attemptsPerMinute: atLeastOne.max(10_000).default(20),
  /** Where the dashboard is found from outside, such as `https://trimtab.example.com`: what an identity provider sends people back to. */
  url: z
    .url({ protocol: /^https?$/ })
    .optional()
    .meta({ examples: ['https://trimtab.example.com'] }),
  /** An identity provider that speaks OpenID Connect. Its client secret is TRIMTAB_OIDC_CLIENT_SECRET. */
  oidc: z
    .strictObject({
      /** Its address, below which `/.well-known/openid-configuration` is found. */
      issuer: z.url({ protocol: /^https?$/ }),
      /** What it knows this dashboard as. */
      clientId: z.string().min(1),
      /** Verified e-mail addresses of those who may act; `@example.com` are all of a domain. */
      operators: z.array(z.string().min(3)).default([]),
      /** Verified e-mail addresses of those who may look; `@example.com` are all of a domain. */
      viewers: z.array(z.string().min(3)).default([]),
    })
    .readonly()
    .optional()
    .meta({
      examples: [
        {
          issuer: 'https://accounts.example.com',
          clientId: 'trimtab',
          operators: ['anna@example.com'],
          viewers: ['@example.com'],
        },
      ],
    }),
}).superRefine(({ oidc, url }, context) => {
  if (oidc !== undefined && url === undefined)
    problem(context, ['url'], 'must be set with oidc, which sends people back there');
});

export type DashboardSettings = z.infer<typeof dashboard>;
