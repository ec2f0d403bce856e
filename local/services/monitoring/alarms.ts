import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import type { World } from '../../service.ts';
import { type Alarm, type AlarmSettings, type AlarmState, dimensionsOf, statisticOf } from './alarm.ts';
import { createAlarmHistory, type HistoryItem } from './alarm-history.ts';
import { evaluate, evaluationRange } from './evaluate-alarm.ts';
import { eventDetail, snsMessage, snsSubject } from './state-change.ts';

export interface Alarms {
  put(region: string, name: string, settings: AlarmSettings): Alarm;
  find(region: string, name: string): Alarm | undefined;
  list(region: string): readonly Alarm[];
  remove(alarm: Alarm): void;
  /** Sets a state, tells the bus and carries out the actions when it is another one. */
  set(alarm: Alarm, state: Pick<AlarmState, 'value' | 'reason' | 'reasonData'>): Promise<void>;
  /** What became of a Region's alarms, newest first. */
  history(region: string): HistoryItem[];
  /** Looks at every alarm's metric; called each minute of the account. */
  evaluateAll(): Promise<void>;
}

const UNCHECKED = { value: 'INSUFFICIENT_DATA', reason: 'Unchecked: Initial alarm creation', reasonData: '' } as const;

export const createAlarms = (world: World): Alarms => {
  const all = new Map<string, Alarm>();
  const history = createAlarmHistory(world.clock.now);
  const arnOf = (region: string, name: string) => `arn:aws:cloudwatch:${region}:${world.accountId}:alarm:${name}`;
  const asCloudWatch = ({ arn }: Alarm) =>
    ({
      kind: 'service',
      service: 'cloudwatch.amazonaws.com',
      context: { 'aws:SourceArn': arn, 'aws:SourceAccount': world.accountId },
    }) as const;

  const tellBus = async (alarm: Alarm, previous: AlarmState) => {
    const entry = {
      Source: 'aws.cloudwatch',
      DetailType: 'CloudWatch Alarm State Change',
      Resources: [alarm.arn],
      Time: new Date(alarm.state.atMs),
      Detail: JSON.stringify(eventDetail(alarm, previous)),
    };
    await world
      .client(EventBridgeClient, asCloudWatch(alarm), alarm.region)
      .send(new PutEventsCommand({ Entries: [entry] }));
  };

  const act = async (alarm: Alarm, previous: AlarmState) => {
    if (!alarm.actionsEnabled) return;
    const { AlarmActions, OKActions, InsufficientDataActions } = alarm.settings;
    const actions = { ALARM: AlarmActions, OK: OKActions, INSUFFICIENT_DATA: InsufficientDataActions }[
      alarm.state.value
    ];
    const Message = JSON.stringify(snsMessage(alarm, previous, world.accountId));
    const client = world.client(SNSClient, asCloudWatch(alarm), alarm.region);
    for (const TopicArn of actions) {
      const publish = new PublishCommand({ TopicArn, Subject: snsSubject(alarm), Message });
      const note = (actionState: string, summary: string, more: object = {}) =>
        history.note(alarm, {
          type: 'Action',
          summary: `${summary} action ${TopicArn}`,
          data: { actionState, notificationResource: TopicArn, ...more },
        });
      try {
        await client.send(publish);
        note('Succeeded', 'Successfully executed');
      } catch (error) {
        note('Failed', 'Failed to execute', { error: (error as Error).message });
        world.log('cloudwatch', `${alarm.name} could not publish to ${TopicArn}: ${(error as Error).message}`);
      }
    }
  };

  const set: Alarms['set'] = async (alarm, { value, reason, reasonData }) => {
    const previous = alarm.state;
    if (previous.value === value) return;
    alarm.state = { value, reason, reasonData, atMs: world.clock.now() };
    history.note(alarm, {
      type: 'StateUpdate',
      summary: `Alarm updated from ${previous.value} to ${value}`,
      data: { oldState: stateInHistory(previous), newState: stateInHistory(alarm.state) },
    });
    world.log('cloudwatch', `${alarm.name} in ${alarm.region} went from ${previous.value} to ${value}: ${reason}`);
    await tellBus(alarm, previous).catch((error: unknown) =>
      world.log('cloudwatch', `${alarm.name} could not tell the default bus: ${(error as Error).message}`),
    );
    await act(alarm, previous);
  };

  return {
    put(region, name, settings) {
      const arn = arnOf(region, name);
      const updatedAtMs = world.clock.now();
      const known = all.get(arn);
      const tags = known?.tags ?? new Map(settings.Tags.map(({ Key, Value }) => [Key, Value] as const));
      const state = known?.state ?? { ...UNCHECKED, atMs: updatedAtMs };
      const alarm = { name, arn, region, settings, updatedAtMs, tags, actionsEnabled: settings.ActionsEnabled, state };
      all.set(arn, alarm);
      history.note(alarm, {
        type: 'ConfigurationUpdate',
        summary: `Alarm "${name}" ${known ? 'updated' : 'created'}`,
        data: { type: known ? 'Update' : 'Create' },
      });
      return alarm;
    },
    find: (region, name) => all.get(arnOf(region, name)),
    list: (region) => [...all.values()].filter((alarm) => alarm.region === region),
    remove(alarm) {
      all.delete(alarm.arn);
      const summary = `Alarm "${alarm.name}" deleted`;
      history.note(alarm, { type: 'ConfigurationUpdate', summary, data: { type: 'Delete' } });
    },
    history: (region) => [...history.list(region)],
    set,
    async evaluateAll() {
      for (const alarm of all.values()) {
        const { region, settings } = alarm;
        const metric = {
          region,
          namespace: settings.Namespace,
          name: settings.MetricName,
          dimensions: dimensionsOf(settings),
        };
        const now = world.clock.now();
        const range = evaluationRange(settings, now);
        const datapoints = world.metrics.statistics(metric, range, statisticOf(settings), settings.Unit);
        const outcome = evaluate(settings, datapoints, now);
        if (outcome) await set(alarm, outcome);
      }
    },
  };
};

const stateInHistory = ({ value, reason, reasonData }: AlarmState) => ({
  stateValue: value,
  stateReason: reason,
  ...(reasonData ? { stateReasonData: JSON.parse(reasonData) } : {}),
});
