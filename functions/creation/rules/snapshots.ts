import { faultsOf, type SpecRule } from './rule.ts';

/** Automatic snapshots are kept at most 35 days; 0 turns them off (ElastiCache guide). */
const LONGEST_DAYS = 35;

export const retentionRule: SpecRule = ({ engine, snapshotRetentionLimit }) =>
  snapshotRetentionLimit === undefined || engine === 'memcached'
    ? []
    : faultsOf('snapshotRetentionLimit', snapshotRetentionLimit, {
        broken: snapshotRetentionLimit < 0 || snapshotRetentionLimit > LONGEST_DAYS,
        rule: `snapshotRetentionLimit is 0 to ${LONGEST_DAYS} days.`,
        remedy: `Choose a whole number from 0 to ${LONGEST_DAYS}; keep snapshots longer by copying them.`,
      });
