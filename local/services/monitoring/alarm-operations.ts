import type * as api from '@aws-sdk/client-cloudwatch';
import { operation, ServiceError, type World } from '../../service.ts';
import { type Alarm, AlarmSettings, dimensionsOf } from './alarm.ts';
import type { HistoryItem } from './alarm-history.ts';
import { alarmPermissions } from './alarm-permissions.ts';
import type { Alarms } from './alarms.ts';

/** CloudWatch API reference: alarms of one page unless asked otherwise, and at most; tags of one alarm. */
const PAGE = 50;
const MAX_PAGE = 100;
const MAX_TAGS = 50;

/** Makes alarms, answers what they are and were, and sets their states by hand. */
export const alarmOperations = (world: World, alarms: Alarms) => {
  const { onAlarms, onAlarmOrAll, onTags, toPut } = alarmPermissions(world.accountId, alarms);
  const named = (region: string, name = ''): Alarm => {
    const alarm = alarms.find(region, name);
    if (alarm) return alarm;
    throw new ServiceError('ResourceNotFound', `There is no alarm ${name} in ${region}.`, 404);
  };
  const tagged = (region: string, arn = ''): Alarm => {
    const alarm = alarms.list(region).find((each) => each.arn === arn);
    if (alarm) return alarm;
    throw new ServiceError('ResourceNotFoundException', `There is no alarm ${arn} in ${region}.`, 404);
  };

  const PutMetricAlarm = operation<api.PutMetricAlarmCommandInput, api.PutMetricAlarmCommandOutput>({
    permissions: toPut,
    handle({ AlarmName = '', ...input }, { region }) {
      const settings = AlarmSettings.safeParse(input);
      if (!settings.success) throw invalid(faultsOf(settings.error));
      alarms.put(region, AlarmName, settings.data);
      return {};
    },
  });

  const DescribeAlarms = operation<api.DescribeAlarmsCommandInput, api.DescribeAlarmsCommandOutput>({
    // Of composite alarms it tells nobody whose permission is narrower than `*` (API reference).
    permissions: (input, call) =>
      input.AlarmTypes?.includes('CompositeAlarm')
        ? [{ action: 'cloudwatch:DescribeAlarms', resource: '*' }]
        : onAlarmOrAll('cloudwatch:DescribeAlarms')(input, call),
    handle(input, { region }) {
      const { AlarmNames, AlarmNamePrefix = '', AlarmTypes = ['MetricAlarm'], ActionPrefix = '', StateValue } = input;
      for (const field of ['ChildrenOfAlarmName', 'ParentsOfAlarmName'] as const) {
        if (input[field] !== undefined) throw invalid(`${field}: the local account has no composite alarms`);
      }
      const acts = ({ settings }: Alarm) => {
        const { AlarmActions, OKActions, InsufficientDataActions } = settings;
        const actions = [...AlarmActions, ...OKActions, ...InsufficientDataActions];
        return !ActionPrefix || actions.some((arn) => arn.startsWith(ActionPrefix));
      };
      const found = alarms
        .list(region)
        .filter(({ name }) => (AlarmNames ? AlarmNames.includes(name) : name.startsWith(AlarmNamePrefix)))
        .filter(({ state }) => !StateValue || state.value === StateValue)
        .filter((alarm) => AlarmTypes.includes('MetricAlarm') && acts(alarm));
      const { items, ...next } = page(found, input.MaxRecords ?? PAGE, input.NextToken);
      return { MetricAlarms: items.map(view), CompositeAlarms: [], ...next };
    },
  });

  const DescribeAlarmsForMetric = operation<
    api.DescribeAlarmsForMetricCommandInput,
    api.DescribeAlarmsForMetricCommandOutput
  >({
    handle({ Dimensions = [], ...asked }, { region }) {
      const wanted = Object.entries(asked);
      const fits = ({ settings }: Alarm) =>
        wanted.every(([field, value]) => value === undefined || settings[field as keyof AlarmSettings] === value) &&
        Dimensions.length === settings.Dimensions.length &&
        Dimensions.every(({ Name = '', Value }) => dimensionsOf(settings)[Name] === Value);
      return { MetricAlarms: alarms.list(region).filter(fits).map(view) };
    },
  });

  const DescribeAlarmHistory = operation<api.DescribeAlarmHistoryCommandInput, api.DescribeAlarmHistoryCommandOutput>({
    permissions: onAlarmOrAll('cloudwatch:DescribeAlarmHistory'),
    handle(input, { region }) {
      const { AlarmName, AlarmTypes = ['MetricAlarm'], HistoryItemType, StartDate, EndDate, ScanBy } = input;
      if (input.AlarmContributorId !== undefined) {
        throw invalid('AlarmContributorId: alarms of the local account watch one metric each');
      }
      const found = alarms
        .history(region)
        .filter(
          ({ name, type }) => (!AlarmName || name === AlarmName) && (!HistoryItemType || type === HistoryItemType),
        )
        .filter(({ atMs }) => (!StartDate || atMs >= Number(StartDate)) && (!EndDate || atMs <= Number(EndDate)))
        .filter(() => AlarmTypes.includes('MetricAlarm'));
      if (ScanBy === 'TimestampAscending') found.reverse();
      const { items, ...next } = page(found, input.MaxRecords ?? MAX_PAGE, input.NextToken);
      return { AlarmHistoryItems: items.map(viewOfHistory), ...next };
    },
  });

  const DeleteAlarms = operation<api.DeleteAlarmsCommandInput, api.DeleteAlarmsCommandOutput>({
    permissions: onAlarms('cloudwatch:DeleteAlarms'),
    handle({ AlarmNames = [] }, { region }) {
      for (const alarm of AlarmNames.map((name) => named(region, name))) alarms.remove(alarm);
      return {};
    },
  });

  const SetAlarmState = operation<api.SetAlarmStateCommandInput, api.SetAlarmStateCommandOutput>({
    permissions: onAlarms('cloudwatch:SetAlarmState'),
    async handle({ AlarmName, StateValue = 'OK', StateReason = '', StateReasonData = '' }, { region }) {
      if (StateReasonData && !isJson(StateReasonData))
        throw new ServiceError('InvalidFormat', 'StateReasonData is JSON');
      const state = { value: StateValue, reason: StateReason, reasonData: StateReasonData };
      await alarms.set(named(region, AlarmName), state);
      return {};
    },
  });

  const EnableAlarmActions = operation<api.EnableAlarmActionsCommandInput, api.EnableAlarmActionsCommandOutput>({
    permissions: onAlarms('cloudwatch:EnableAlarmActions'),
    handle({ AlarmNames = [] }, { region }) {
      for (const name of AlarmNames) named(region, name).actionsEnabled = true;
      return {};
    },
  });

  const DisableAlarmActions = operation<api.DisableAlarmActionsCommandInput, api.DisableAlarmActionsCommandOutput>({
    permissions: onAlarms('cloudwatch:DisableAlarmActions'),
    handle({ AlarmNames = [] }, { region }) {
      for (const name of AlarmNames) named(region, name).actionsEnabled = false;
      return {};
    },
  });

  const TagResource = operation<api.TagResourceCommandInput, api.TagResourceCommandOutput>({
    permissions: onTags('cloudwatch:TagResource'),
    handle({ ResourceARN, Tags = [] }, { region }) {
      const { tags } = tagged(region, ResourceARN);
      const added = new Map([...tags, ...Tags.map(({ Key = '', Value = '' }) => [Key, Value] as const)]);
      if (added.size > MAX_TAGS) throw invalid(`An alarm has at most ${MAX_TAGS} tags`);
      for (const [key, value] of added) tags.set(key, value);
      return {};
    },
  });

  const UntagResource = operation<api.UntagResourceCommandInput, api.UntagResourceCommandOutput>({
    permissions: onTags('cloudwatch:UntagResource'),
    handle({ ResourceARN, TagKeys = [] }, { region }) {
      for (const key of TagKeys) tagged(region, ResourceARN).tags.delete(key);
      return {};
    },
  });

  const ListTagsForResource = operation<api.ListTagsForResourceCommandInput, api.ListTagsForResourceCommandOutput>({
    permissions: onTags('cloudwatch:ListTagsForResource'),
    handle: ({ ResourceARN }, { region }) => ({
      Tags: [...tagged(region, ResourceARN).tags].map(([Key, Value]) => ({ Key, Value })),
    }),
  });

  return {
    PutMetricAlarm,
    DescribeAlarms,
    DescribeAlarmsForMetric,
    DescribeAlarmHistory,
    DeleteAlarms,
    SetAlarmState,
    EnableAlarmActions,
    DisableAlarmActions,
    TagResource,
    UntagResource,
    ListTagsForResource,
  };
};

const invalid = (message: string) => new ServiceError('ValidationError', message);

const faultsOf = (error: {
  readonly issues: readonly { readonly path: readonly PropertyKey[]; readonly message: string }[];
}) => error.issues.map(({ path, message }) => `${path.join('.') || 'alarm'}: ${message}`).join('; ');

const isJson = (text: string): boolean => {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
};

/** The token is the number of items that came before. */
const page = <Item>(all: readonly Item[], size: number, token = '0') => {
  if (size < 1 || size > MAX_PAGE) throw invalid(`MaxRecords is a number from 1 to ${MAX_PAGE}`);
  if (!/^\d+$/.test(token)) throw new ServiceError('InvalidNextToken', 'The next token specified is invalid.');
  const end = Number(token) + size;
  return { items: all.slice(Number(token), end), ...(end < all.length ? { NextToken: String(end) } : {}) };
};

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

const viewOfHistory = ({ name, type, summary, data, atMs }: HistoryItem): api.AlarmHistoryItem => ({
  AlarmName: name,
  AlarmType: 'MetricAlarm',
  Timestamp: new Date(atMs),
  HistoryItemType: type,
  HistorySummary: summary,
  HistoryData: JSON.stringify({ version: '1.0', ...data }),
});
