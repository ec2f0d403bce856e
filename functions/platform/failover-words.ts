/** What ElastiCache's events say of a failover (guide, "Testing automatic failover"; older pages say “master node”). */
export const FAILOVER_CALLED = /^Test Failover API called for node group (\d+)/i;
export const FAILOVER_PROMOTED = /^Failover from (?:primary|master) node (\S+) to replica node (\S+) completed/i;
export const RECOVERING = /^Recovering cache nodes?\b/i;
/** The guide says “Finished recovery”, the console “Recovery completed”. Words that nobody documents may also deny it. */
export const RECOVERED =
  /^(?=.*\b(recovery|recovered)\b)(?=.*\b(finish|complet))(?!.*\b(not|failed|unable|in progress)\b)/i;
