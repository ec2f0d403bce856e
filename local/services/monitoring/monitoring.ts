import * as sdk from '@aws-sdk/client-cloudwatch';
import type { Service, World } from '../../service.ts';
import { AlarmSettings } from './alarm.ts';
import { alarmOperations } from './alarm-operations.ts';
import { createAlarms } from './alarms.ts';
import { metricOperations } from './metric-operations.ts';

const EVALUATE_EVERY_MS = 60_000;

/** CloudWatch: metrics of functions and services, alarms on one metric each, their events and actions. */
export const createMonitoring = (world: World): Service => {
  const alarms = createAlarms(world);
  const ended = new AbortController();

  return {
    name: 'cloudwatch',
    api: {
      signingName: 'monitoring',
      iamPrefix: 'cloudwatch',
      sdk,
      Client: sdk.CloudWatchClient,
      operations: { ...metricOperations(world), ...alarmOperations(world, alarms) },
    },
    resources: {
      'AWS::CloudWatch::Alarm': {
        create(resource) {
          const { AlarmName, ...settings } = resource.properties;
          const name = typeof AlarmName === 'string' ? AlarmName : resource.generatedName(255);
          const { arn } = alarms.put(resource.region, name, AlarmSettings.parse(settings));
          return { ref: name, attributes: { Arn: arn } };
        },
      },
    },
    start() {
      const eachMinute = async () => {
        for (;;) {
          await world.clock.sleep(EVALUATE_EVERY_MS, ended.signal);
          await alarms.evaluateAll();
        }
      };
      eachMinute().catch((error: unknown) => {
        if (!ended.signal.aborted) world.log('cloudwatch', `alarms are no longer evaluated: ${error}`);
      });
    },
    stop: () => ended.abort(new Error('The local account is ending')),
  };
};
