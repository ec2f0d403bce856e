import * as sdk from '@aws-sdk/client-cloudwatch';
import { z } from 'zod';
import type { Service, World } from '../../service.ts';
import { AlarmSettings } from './alarm.ts';
import { alarmOperations } from './alarm-operations.ts';
import { createAlarms } from './alarms.ts';
import { metricOperations } from './metric-operations.ts';

const EVALUATE_EVERY_MS = 60_000;
/** CloudWatch API reference, PutMetricAlarm. */
const MAX_NAME = 255;
const AlarmNameProperty = z.string('AlarmName is text').min(1).max(MAX_NAME).optional();

/** CloudWatch: metrics of functions and services, alarms on one metric each, their events and actions. */
export const createMonitoring = (world: World): Service => {
  const alarms = createAlarms(world);
  const ended = new AbortController();
  let evaluating = Promise.resolve();

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
          const name = AlarmNameProperty.parse(AlarmName) ?? resource.generatedName(MAX_NAME);
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
      evaluating = eachMinute().catch((error: unknown) => {
        if (!ended.signal.aborted) world.log('cloudwatch', `alarms are no longer evaluated: ${error}`);
      });
    },
    async stop() {
      ended.abort(new Error('The local account is ending'));
      // An alarm that is just telling of its state says so to the end.
      await evaluating;
    },
  };
};
