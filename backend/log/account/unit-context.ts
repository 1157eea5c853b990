/**
 * Context known before the unit acted: the UTC hour and the permitted fields of its first request.
 * @param context JSON, as the request gave it.
 */
export function unitContext(
  context: string | null | undefined,
  permitted: readonly string[],
  firstAt: number,
): Record<string, string> {
  const given = (typeof context === 'string' ? (JSON.parse(context) as unknown) : undefined) as
    | Record<string, unknown>
    | undefined;
  const kept = permitted
    .filter((name) => ['string', 'number', 'boolean'].includes(typeof given?.[name]))
    .map((name) => [name, String(given?.[name]).slice(0, 64)]);
  return { ...Object.fromEntries(kept), hour: String(new Date(firstAt).getUTCHours()) };
}
