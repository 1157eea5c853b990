import { signBody, SIGNATURE_HEADER } from '../../shared/domain/ingest-signature.ts';
import type { Outbound } from '../outbound/outbound.ts';
import type { Channel } from './channel.ts';
import { jsonBytes, postJson } from './post-json.ts';

export interface Webhook {
  /** http or https. It may hold a token of its own: it is never logged. */
  readonly url: string;
  readonly secret: string;
}

/**
 * Sends notices as they are: JSON, signed as `t=<epoch ms>,v1=<hex HMAC-SHA-256 of "t." + body>` in the signature header, the
 * notice's id in `idempotency-key`.
 */
export const signedWebhook =
  ({ url, secret }: Webhook, outbound: Outbound): Channel['send'] =>
  async (notice, nowMs) => {
    const body = jsonBytes(notice);
    await postJson(outbound, url, body, {
      'idempotency-key': notice.id,
      [SIGNATURE_HEADER]: signBody(body, secret, nowMs),
    });
  };
