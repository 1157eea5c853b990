import { createContext, createElement, useContext, useEffect, type ReactNode } from 'react';
import type { Client } from '../types.ts';

const ClientContext = createContext<Client | undefined>(undefined);

/** Gives the client to all that is below it, and observes the document as long as it is there. */
export function TrimtabProvider({
  client,
  children,
}: {
  readonly client: Client;
  readonly children?: ReactNode;
}): ReactNode {
  useEffect(() => client.observe(), [client]);
  return createElement(ClientContext.Provider, { value: client }, children);
}

/** The client of the provider above. @throws Error where there is none. */
export function useTrimtab(): Client {
  const client = useContext(ClientContext);
  if (!client) throw new Error('useTrimtab needs a TrimtabProvider above it');
  return client;
}
