import { faultsOf, type SpecRule } from './rule.ts';

/** A TCP port that needs no privilege; ElastiCache takes no lower one. */
export const portRule: SpecRule = ({ port }) =>
  port === undefined
    ? []
    : faultsOf('port', port, {
        broken: port < 1024 || port > 65_535,
        rule: 'port is 1024 to 65535.',
        remedy: 'Remove it for the usual 6379.',
      });
