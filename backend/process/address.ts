/**
 * An address as logs and messages may show it: without user, password, query and fragment, which may hold a token. What
 * is no address is not shown at all, because nobody knows what it holds.
 */
export function shownAddress(address: string): string {
  if (!URL.canParse(address)) return '(no valid address)';
  const { protocol, username, password, host, pathname, search, hash, href } = new URL(address);
  const isOpen = [username, password, search, hash].every((part) => part === '');
  return isOpen ? href : `${protocol}//(secret)@${host}${pathname}`;
}
