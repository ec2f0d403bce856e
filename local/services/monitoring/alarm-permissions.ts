import type * as api from '@aws-sdk/client-cloudwatch';
import type { Call, Permission } from '../../service.ts';
import type { Alarms } from './alarms.ts';

type Named = { readonly AlarmName?: string | undefined; readonly AlarmNames?: readonly string[] | undefined };
interface Tagging {
  readonly ResourceARN?: string | undefined;
  readonly Tags?: readonly api.Tag[] | undefined;
  readonly TagKeys?: readonly string[] | undefined;
}

/** What IAM has to allow of alarms (Service Authorization Reference, CloudWatch). Tags count only where tags are meant. */
export const alarmPermissions = (accountId: string, alarms: Pick<Alarms, 'list'>) => {
  const arnOf = (region: string, name: string) => `arn:aws:cloudwatch:${region}:${accountId}:alarm:${name}`;
  const requested = (tags: readonly api.Tag[] = []) => ({
    ...Object.fromEntries(tags.map(({ Key, Value = '' }) => [`aws:RequestTag/${Key}`, Value])),
    ...(tags.length > 0 ? { 'aws:TagKeys': tags.map(({ Key = '' }) => Key) } : {}),
  });

  return {
    onAlarms:
      (action: string) =>
      ({ AlarmName = '', AlarmNames = [AlarmName] }: Named, { region }: Call): Permission[] =>
        AlarmNames.map((name) => ({ action, resource: arnOf(region, name) })),

    /** Who names no alarm asks for every one. */
    onAlarmOrAll:
      (action: string) =>
      ({ AlarmName, AlarmNames }: Named, { region }: Call): Permission[] =>
        (AlarmNames ?? [AlarmName ?? '*']).map((name) => ({ action, resource: arnOf(region, name) })),

    onTags:
      (action: string) =>
      (input: Tagging, { region }: Call): Permission[] => {
        const { ResourceARN: resource = '', Tags, TagKeys } = input;
        const { tags = [] } = alarms.list(region).find(({ arn }) => arn === resource) ?? {};
        const context = {
          ...Object.fromEntries([...tags].map(([key, value]) => [`aws:ResourceTag/${key}`, value])),
          ...requested(Tags),
          ...(TagKeys ? { 'aws:TagKeys': TagKeys } : {}),
        };
        return [{ action, resource, context }];
      },

    /** Tags of a new alarm need their own permission (API reference, PutMetricAlarm). */
    toPut(input: api.PutMetricAlarmCommandInput, { region }: Call): Permission[] {
      const { AlarmName = '', Tags = [], AlarmActions = [], OKActions = [], InsufficientDataActions = [] } = input;
      const resource = arnOf(region, AlarmName);
      const actions = [...AlarmActions, ...OKActions, ...InsufficientDataActions];
      const context = {
        ...requested(Tags),
        ...(actions.length > 0 ? { 'cloudwatch:AlarmActions': actions } : {}),
      };
      const put = { action: 'cloudwatch:PutMetricAlarm', resource, context };
      const tag = { action: 'cloudwatch:TagResource', resource, context: requested(Tags) };
      return Tags.length > 0 ? [put, tag] : [put];
    },
  };
};
