import type { LogDeliveryConfigurationRequest } from '@aws-sdk/client-elasticache';
import { isAtLeast } from '../engine-versions.ts';
import type { LogDestination, LogFormat, LogType } from '../state/log-delivery.ts';
import { invalidCombination, invalidValue, notEmulated } from './faults.ts';

/** What a request says about one log: where it is to go, or that it is to go nowhere any more. */
export type LogDeliveryRequest =
  | { readonly logType: LogType; readonly enabled: true; readonly destination: LogDestination }
  | { readonly logType: LogType; readonly enabled: false };

/** @throws ServiceError InvalidParameterValue, InvalidParameterCombination, NotImplemented for Firehose */
export const readLogDeliveries = (
  requests: readonly LogDeliveryConfigurationRequest[] = [],
): readonly LogDeliveryRequest[] => {
  const read = requests.map(readOne);
  const types = read.map(({ logType }) => logType);
  const twice = types.find((logType, index) => types.indexOf(logType) !== index);
  if (twice) throw invalidCombination(`LogDeliveryConfigurations names the LogType ${twice} twice.`);
  return read;
};

const readOne = (request: LogDeliveryConfigurationRequest): LogDeliveryRequest => {
  const { LogType: logType, Enabled = true, DestinationType, DestinationDetails, LogFormat: format } = request;
  if (!isLogType(logType)) throw invalidValue(`LogType must be slow-log or engine-log, not ${logType}.`);
  if (!Enabled) return { logType, enabled: false };
  if (DestinationType === 'kinesis-firehose') throw notEmulated('log delivery to kinesis-firehose');
  if (DestinationType !== 'cloudwatch-logs') {
    throw invalidValue(`DestinationType must be cloudwatch-logs or kinesis-firehose, not ${DestinationType}.`);
  }
  const { CloudWatchLogsDetails, KinesisFirehoseDetails } = DestinationDetails ?? {};
  if (KinesisFirehoseDetails) {
    throw invalidCombination('DestinationType cloudwatch-logs cannot have KinesisFirehoseDetails.');
  }
  const logGroup = CloudWatchLogsDetails?.LogGroup;
  if (!logGroup) throw invalidValue(`Name the LogGroup in CloudWatchLogsDetails for the ${logType}.`);
  if (!isFormat(format)) throw invalidValue(`LogFormat must be json or text, not ${format}.`);
  return { logType, enabled: true, destination: { logType, logGroup, format } };
};

const isLogType = (text: string | undefined): text is LogType => text === 'slow-log' || text === 'engine-log';
const isFormat = (text: string | undefined): text is LogFormat => text === 'json' || text === 'text';

/** The first Redis OSS that delivers each log; every Valkey does (ElastiCache guide, log delivery). */
const FIRST_REDIS: Readonly<Record<LogType, string>> = { 'slow-log': '6.0', 'engine-log': '6.2' };

/** @throws ServiceError InvalidParameterCombination */
export const checkLogsOfVersion = (
  { engine, engineVersion }: { readonly engine: string; readonly engineVersion: string },
  requests: readonly LogDeliveryRequest[],
): void => {
  if (engine === 'valkey') return;
  const tooOld = requests.find(({ enabled, logType }) => enabled && !isAtLeast(engineVersion, FIRST_REDIS[logType]));
  if (!tooOld) return;
  const { logType } = tooOld;
  throw invalidCombination(`${logType} needs Redis OSS ${FIRST_REDIS[logType]} or later, not ${engineVersion}.`);
};
