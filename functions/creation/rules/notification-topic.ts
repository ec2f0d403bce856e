import { faultsOf, type PolicyRule } from './rule.ts';

/** ElastiCache tells one topic what happens to a cache, and if that is not ours, we never hear of it. */
export const notificationTopicRule: PolicyRule = ({ notificationTopicArn }, terms) =>
  notificationTopicArn === undefined
    ? []
    : faultsOf('notificationTopicArn', notificationTopicArn, {
        broken: notificationTopicArn !== terms.notificationTopicArn,
        rule: 'The notification topic of a cache is the autopilot’s own; ElastiCache has room for one.',
        remedy: 'Remove notificationTopicArn, and subscribe to the autopilot’s events on its bus.',
      });
