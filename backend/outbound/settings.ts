import { z } from 'zod';
import { group } from '../settings/fields.ts';

/** A host as an address has it: a name, or an IP address without brackets. */
const host = z
  .string()
  .regex(/^(?:[a-z0-9_-]+(?:\.[a-z0-9_-]+)*|[0-9a-f:.]+)$/i, 'must be a host, without a port');

export const outbound = group({
  /** Hosts that may be at private addresses, as within a company's network. An address that is written as an IP address, or as `localhost`, needs no entry; where clouds keep credentials (169.254.169.254 and alike), no entry helps. */
  privateHosts: z
    .array(host)
    .readonly()
    .default([])
    .meta({ examples: [['hooks.internal.example']] }),
});

export type OutboundSettings = z.infer<typeof outbound>;
