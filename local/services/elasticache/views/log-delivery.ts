import type { LogDeliveryConfiguration, PendingLogDeliveryConfiguration } from '@aws-sdk/client-elasticache';
import type { Cache } from '../state/cache.ts';
import type { LogDestination } from '../state/log-delivery.ts';

const view = ({ logType, logGroup, format }: LogDestination): PendingLogDeliveryConfiguration => ({
  LogType: logType,
  DestinationType: 'cloudwatch-logs',
  DestinationDetails: { CloudWatchLogsDetails: { LogGroup: logGroup } },
  LogFormat: format,
});

/** Where a cache's logs go, as Describe shows it. */
export const viewLogDeliveries = ({ logDeliveries }: Cache): LogDeliveryConfiguration[] =>
  logDeliveries.map((log) => ({
    ...view(log),
    Status: log.status,
    ...(log.message === undefined ? {} : { Message: log.message }),
  }));

/** Where they will go, while that changes. */
export const viewPendingLogs = ({
  pending: { logs },
}: Pick<Cache, 'pending'>): { LogDeliveryConfigurations?: PendingLogDeliveryConfiguration[] } =>
  logs ? { LogDeliveryConfigurations: logs.map(view) } : {};
