import type { CacheSpec } from './spec.ts';

/** Where one kind of log goes, as the specification says it. */
export type LogOrder = NonNullable<CacheSpec['logDeliveryConfigurations']>[number];

/** The same in ElastiCache's form, as it is created and modified. */
export const logDeliveryRequest = ({ logType, destinationType, destination, logFormat }: LogOrder) => ({
  LogType: logType,
  DestinationType: destinationType,
  DestinationDetails:
    destinationType === 'cloudwatch-logs'
      ? { CloudWatchLogsDetails: { LogGroup: destination } }
      : { KinesisFirehoseDetails: { DeliveryStream: destination } },
  LogFormat: logFormat,
  Enabled: true,
});
