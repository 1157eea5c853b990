const OF_CATALOGUE = new Set([
  'publish snapshot',
  'publish related items',
  'publish learned columns',
  'delete from KV',
]);

/** Whether an entry of the audit log is of the catalogue, which is published by itself: such an entry may stand between any two that a test asks for. */
export const isOfCatalogue = ({ action }: { action: string }): boolean => OF_CATALOGUE.has(action);
