import type * as api from '@aws-sdk/client-cloudwatch';
import { type Call, operation, type Permission, ServiceError, type World } from '../../service.ts';
import { type Alarm, AlarmSettings } from './alarm.ts';
import type { Alarms } from './alarms.ts';

/** Makes alarms, answers what they are, and sets their states by hand. */
export const alarmOperations = (world: World, alarms: Alarms) => {
  const onAlarms =
    (action: string) =>
    (
      { AlarmNames, AlarmName }: { AlarmNames?: string[] | undefined; AlarmName?: string | undefined },
      { region }: Call,
    ): Permission[] =>
      (AlarmNames ?? [AlarmName ?? '']).map((name) => ({
        action,
        resource: `arn:aws:cloudwatch:${region}:${world.accountId}:alarm:${name}`,
      }));
  const getAlarm = (region: string, name = ''): Alarm => {
    const alarm = alarms.find(region, name);
    if (alarm) return alarm;
    throw new ServiceError('ResourceNotFound', `There is no alarm ${name} in ${region}.`, 404);
  };

  return {
    PutMetricAlarm: operation<api.PutMetricAlarmCommandInput, api.PutMetricAlarmCommandOutput>({
      permissions: onAlarms('cloudwatch:PutMetricAlarm'),
      handle({ AlarmName = '', ...input }, { region }) {
        const settings = AlarmSettings.safeParse(input);
        if (!settings.success) throw new ServiceError('ValidationError', faultsOf(settings.error));
        alarms.put(region, AlarmName, settings.data);
        return {};
      },
    }),
    DescribeAlarms: operation<api.DescribeAlarmsCommandInput, api.DescribeAlarmsCommandOutput>({
      handle: ({ AlarmNames, AlarmNamePrefix = '', StateValue }, { region }) => ({
        MetricAlarms: alarms
          .list(region)
          .filter(({ name }) => (AlarmNames ? AlarmNames.includes(name) : name.startsWith(AlarmNamePrefix)))
          .filter(({ state }) => !StateValue || state.value === StateValue)
          .map(view),
        CompositeAlarms: [],
      }),
    }),
    DeleteAlarms: operation<api.DeleteAlarmsCommandInput, api.DeleteAlarmsCommandOutput>({
      permissions: onAlarms('cloudwatch:DeleteAlarms'),
      handle({ AlarmNames = [] }, { region }) {
        for (const alarm of AlarmNames.map((name) => getAlarm(region, name))) alarms.remove(alarm);
        return {};
      },
    }),
    SetAlarmState: operation<api.SetAlarmStateCommandInput, api.SetAlarmStateCommandOutput>({
      permissions: onAlarms('cloudwatch:SetAlarmState'),
      async handle({ AlarmName, StateValue = 'OK', StateReason = '', StateReasonData = '' }, { region }) {
        const state = { value: StateValue, reason: StateReason, reasonData: StateReasonData };
        await alarms.set(getAlarm(region, AlarmName), state);
        return {};
      },
    }),
    EnableAlarmActions: operation<api.EnableAlarmActionsCommandInput, api.EnableAlarmActionsCommandOutput>({
      permissions: onAlarms('cloudwatch:EnableAlarmActions'),
      handle({ AlarmNames = [] }, { region }) {
        for (const name of AlarmNames) getAlarm(region, name).actionsEnabled = true;
        return {};
      },
    }),
    DisableAlarmActions: operation<api.DisableAlarmActionsCommandInput, api.DisableAlarmActionsCommandOutput>({
      permissions: onAlarms('cloudwatch:DisableAlarmActions'),
      handle({ AlarmNames = [] }, { region }) {
        for (const name of AlarmNames) getAlarm(region, name).actionsEnabled = false;
        return {};
      },
    }),
  };
};

const faultsOf = (error: {
  readonly issues: readonly { readonly path: readonly PropertyKey[]; readonly message: string }[];
}) => error.issues.map(({ path, message }) => `${path.join('.') || 'alarm'}: ${message}`).join('; ');

const view = ({ name, arn, settings, state, actionsEnabled, updatedAtMs }: Alarm): api.MetricAlarm => {
  const { Tags: _, ...rest } = settings;
  return {
    ...rest,
    AlarmName: name,
    AlarmArn: arn,
    AlarmConfigurationUpdatedTimestamp: new Date(updatedAtMs),
    ActionsEnabled: actionsEnabled,
    StateValue: state.value,
    StateReason: state.reason,
    StateReasonData: state.reasonData,
    StateUpdatedTimestamp: new Date(state.atMs),
  } as api.MetricAlarm;
};
