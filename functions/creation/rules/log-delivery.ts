import { isOlder } from '../changes/versions.ts';
import type { Fault } from '../schemas.ts';
import { type AccountRule, faultsOf, type SpecRule } from './rule.ts';

/** Since when Redis OSS delivers each kind of log (ElastiCache guide, "Log delivery"); every Valkey does. */
const OLDEST_REDIS = { 'slow-log': '6.0', 'engine-log': '6.2' } as const;

/** What a target may be called (CloudWatch Logs, CreateLogGroup; Firehose, CreateDeliveryStream). */
const NAMES = {
  'cloudwatch-logs': { form: /^[\w.\-/#]{1,512}$/, what: 'log group' },
  'kinesis-firehose': { form: /^[\w.-]{1,64}$/, what: 'delivery stream' },
} as const;

/** Each kind of log goes to one target, of a name that can be, from a version that delivers it. */
export const logDeliveryRule: SpecRule = ({ engine, engineVersion, logDeliveryConfigurations = [] }) =>
  engine === 'memcached'
    ? []
    : logDeliveryConfigurations.flatMap(({ logType, destinationType, destination }, index): Fault[] => {
        const path = `logDeliveryConfigurations.${index}`;
        const { form, what } = NAMES[destinationType];
        return [
          ...faultsOf(
            `${path}.logType`,
            logType,
            {
              broken: logDeliveryConfigurations.findIndex((other) => other.logType === logType) < index,
              rule: `The ${logType} goes to one target, and this is its second.`,
              remedy: 'Keep one of the two.',
            },
            {
              broken:
                engine === 'redis' && engineVersion !== undefined && isOlder(engineVersion, OLDEST_REDIS[logType]),
              rule: `The ${logType} is delivered from Redis ${OLDEST_REDIS[logType]} on.`,
              remedy: 'Choose a later engineVersion, or remove this log.',
            },
          ),
          ...faultsOf(`${path}.destination`, destination, {
            broken: !form.test(destination),
            rule: `${destination} cannot be the name of a ${what}.`,
            remedy: `Write the ${what}’s name, without its ARN.`,
          }),
        ];
      });

/**
 * A log group is there before logs are sent to it. Whether a delivery stream of Firehose is, is not looked up: such a target
 * is judged by its name only.
 */
export const logTargetsRule: AccountRule = ({ engine, logDeliveryConfigurations = [] }, { logGroups }) =>
  engine === 'memcached' || logGroups === undefined
    ? []
    : logDeliveryConfigurations.flatMap(({ destinationType, destination }, index) =>
        faultsOf(`logDeliveryConfigurations.${index}.destination`, destination, {
          broken:
            destinationType === 'cloudwatch-logs' &&
            NAMES[destinationType].form.test(destination) &&
            !logGroups.includes(destination),
          rule: `There is no log group ${destination}.`,
          remedy: 'Name an existing log group, or create it first.',
        }),
      );
