/** What is pending, by name. ElastiCache answers with empty lists and empty objects for what is not. */
export const pendingIn = (pending: object | undefined): string[] =>
  Object.entries(pending ?? {})
    .filter(([, value]) => value !== undefined && (typeof value !== 'object' || Object.keys(value).length > 0))
    .map(([name]) => name);
