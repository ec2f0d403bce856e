/** What is pending, by name. ElastiCache answers with empty lists and empty objects for what is not. */
export const pendingIn = (pending: object | undefined): string[] =>
  Object.entries(pending ?? {})
    .filter(([, value]) => value !== undefined && (typeof value !== 'object' || Object.keys(value).length > 0))
    .map(([name]) => name);

/** ElastiCache applies these at once, whatever the order says: one of them is under way and waits for no window. */
const UNDER_WAY = ['AuthTokenStatus', 'LogDeliveryConfigurations', 'Resharding', 'UserGroups'];

/** Those that wait for the maintenance window, or for somebody to apply them. */
export const waiting = (pending: readonly string[]): string[] => [
  ...new Set(pending.filter((name) => !UNDER_WAY.includes(name))),
];
