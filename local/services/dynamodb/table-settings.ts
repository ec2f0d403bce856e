import type * as api from '@aws-sdk/client-dynamodb';
import { type Call, operation, type Permission, ServiceError, type World } from '../../service.ts';
import type { TableBook, TableFacts } from './table-facts.ts';

/** A second change of the time to live is refused for an hour (API reference, UpdateTimeToLive). */
const EXPIRY_CHANGE_MS = 3_600_000;
/** DynamoDB quotas: tags on a resource. */
const MAX_TAGS = 50;

const invalid = (message: string) => new ServiceError('ValidationException', message);

const nameIn = (arnOrName = ''): string => arnOrName.split(':table/').pop()?.split('/')[0] ?? '';

const expiryOf = ({ expiry: { attribute } }: TableFacts): api.TimeToLiveDescription =>
  attribute === undefined
    ? { TimeToLiveStatus: 'DISABLED' }
    : { TimeToLiveStatus: 'ENABLED', AttributeName: attribute };

const backupsOf = ({ recovery }: TableFacts, now: number): api.ContinuousBackupsDescription => ({
  ContinuousBackupsStatus: 'ENABLED',
  PointInTimeRecoveryDescription: recovery
    ? {
        PointInTimeRecoveryStatus: 'ENABLED',
        RecoveryPeriodInDays: recovery.days,
        EarliestRestorableDateTime: new Date(Math.max(recovery.since, now - recovery.days * 86_400_000)),
        LatestRestorableDateTime: new Date(now),
      }
    : { PointInTimeRecoveryStatus: 'DISABLED' },
});

/** The operations on a table's settings that dynalite does not have: expiry, recovery, tags. */
export const tableSettings = (world: World, book: TableBook) => {
  const arnOf = (region: string, name: string) => `arn:aws:dynamodb:${region}:${world.accountId}:table/${name}`;
  const onTable =
    (action: string) =>
    ({ TableName }: { TableName?: string | undefined }, { region }: Call): Permission[] => [
      { action, resource: arnOf(region, nameIn(TableName)) },
    ];
  const onArn =
    (action: string) =>
    ({ ResourceArn = '' }: { ResourceArn?: string | undefined }): Permission[] => [{ action, resource: ResourceArn }];
  const named = (region: string, TableName = '') => book.get(region, nameIn(TableName));

  return {
    DescribeTimeToLive: operation<api.DescribeTimeToLiveCommandInput, api.DescribeTimeToLiveCommandOutput>({
      permissions: onTable('dynamodb:DescribeTimeToLive'),
      handle: ({ TableName }, { region }) => ({ TimeToLiveDescription: expiryOf(named(region, TableName)) }),
    }),

    UpdateTimeToLive: operation<api.UpdateTimeToLiveCommandInput, api.UpdateTimeToLiveCommandOutput>({
      permissions: onTable('dynamodb:UpdateTimeToLive'),
      handle({ TableName, TimeToLiveSpecification }, { region }) {
        const facts = named(region, TableName);
        const { AttributeName = '', Enabled = false } = TimeToLiveSpecification ?? {};
        const { attribute, changedAt } = facts.expiry;
        if (AttributeName === '') throw invalid('TimeToLiveSpecification.AttributeName must not be empty');
        if (!Enabled && attribute === undefined) throw invalid('TimeToLive is already disabled');
        if (attribute !== undefined && attribute !== AttributeName) {
          throw invalid(`TimeToLive is active on a different AttributeName: current AttributeName is ${attribute}`);
        }
        if (Enabled && attribute !== undefined) throw invalid('TimeToLive is already enabled');
        if (world.clock.now() - changedAt < EXPIRY_CHANGE_MS) {
          throw invalid('Time to live has been modified multiple times within a fixed interval');
        }
        facts.expiry = { attribute: Enabled ? AttributeName : undefined, changedAt: world.clock.now() };
        return { TimeToLiveSpecification: { AttributeName, Enabled } };
      },
    }),

    DescribeContinuousBackups: operation<
      api.DescribeContinuousBackupsCommandInput,
      api.DescribeContinuousBackupsCommandOutput
    >({
      permissions: onTable('dynamodb:DescribeContinuousBackups'),
      handle: ({ TableName }, { region }) => ({
        ContinuousBackupsDescription: backupsOf(named(region, TableName), world.clock.now()),
      }),
    }),

    UpdateContinuousBackups: operation<
      api.UpdateContinuousBackupsCommandInput,
      api.UpdateContinuousBackupsCommandOutput
    >({
      permissions: onTable('dynamodb:UpdateContinuousBackups'),
      handle({ TableName, PointInTimeRecoverySpecification: specification }, { region }) {
        const facts = named(region, TableName);
        const days = specification?.RecoveryPeriodInDays ?? 35;
        if (days < 1 || days > 35) throw invalid('RecoveryPeriodInDays is a number from 1 to 35');
        const now = world.clock.now();
        const since = facts.recovery?.since ?? now;
        facts.recovery = specification?.PointInTimeRecoveryEnabled ? { since, days } : undefined;
        return { ContinuousBackupsDescription: backupsOf(facts, now) };
      },
    }),

    ListTagsOfResource: operation<api.ListTagsOfResourceCommandInput, api.ListTagsOfResourceCommandOutput>({
      permissions: onArn('dynamodb:ListTagsOfResource'),
      handle: ({ ResourceArn }, { region }) => ({
        Tags: [...named(region, ResourceArn).tags].map(([Key, Value]) => ({ Key, Value })),
      }),
    }),

    TagResource: operation<api.TagResourceCommandInput, api.TagResourceCommandOutput>({
      permissions: onArn('dynamodb:TagResource'),
      handle({ ResourceArn, Tags = [] }, { region }) {
        const { tags } = named(region, ResourceArn);
        const added = new Map([...tags, ...Tags.map(({ Key = '', Value = '' }) => [Key, Value] as const)]);
        if (added.size > MAX_TAGS) throw invalid(`Too many tags: a table has at most ${MAX_TAGS}`);
        for (const [key, value] of added) tags.set(key, value);
        return {};
      },
    }),

    UntagResource: operation<api.UntagResourceCommandInput, api.UntagResourceCommandOutput>({
      permissions: onArn('dynamodb:UntagResource'),
      handle({ ResourceArn, TagKeys = [] }, { region }) {
        for (const key of TagKeys) named(region, ResourceArn).tags.delete(key);
        return {};
      },
    }),
  };
};
