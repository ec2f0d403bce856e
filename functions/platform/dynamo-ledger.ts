import {
  DeleteCommand,
  type DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  paginateQuery,
  type QueryCommandInput,
  UpdateCommand,
  type UpdateCommandInput,
} from '@aws-sdk/lib-dynamodb';
import * as z from 'zod';
import { isNamed } from './aws-errors.ts';
import {
  allowanceUsedUp,
  type CacheKey,
  type GracePeriod,
  type Holder,
  type Ledger,
  type Question,
  RECORD_DAYS,
  type TokenPurpose,
} from './ledger.ts';
import { CacheLocked, ServiceBusy } from './operator-actions.ts';
import { parse } from './parse.ts';
import { epochSeconds, secondsAfter, sortable } from './units.ts';

const lockKey = ({ region, cacheId }: CacheKey) => ({ pk: `CACHE#${region}#${cacheId}`, sk: 'LOCK' });
const recordKey = (operationId: string) => ({ pk: `OPERATION#${operationId}`, sk: 'RECORD' });
const approvalKey = (operationId: string) => ({ pk: `OPERATION#${operationId}`, sk: 'APPROVAL' });

const quarantineKey = ({ region, cacheId }: CacheKey) => ({ pk: `CACHE#${region}#${cacheId}`, sk: 'QUARANTINE' });
const failoversKey = (region: string) => ({ pk: `REGION#${region}`, sk: 'FAILOVERS' });
/** Of a prober: `PROBE`. */
const tokenKey = (operationId: string, purpose: TokenPurpose) => ({
  pk: `OPERATION#${operationId}`,
  sk: purpose.toUpperCase(),
});
const graceKey = (operationId: string) => ({ pk: `OPERATION#${operationId}`, sk: 'GRACE' });

const turnsKey = ({ region, cacheId }: CacheKey) => ({ pk: `CACHE#${region}#${cacheId}`, sk: 'TURNS' });

const specKey = ({ region, cacheId }: CacheKey) => ({ pk: `CACHE#${region}#${cacheId}`, sk: 'SPECIFICATION' });

const GraceItem = z.object({
  versionId: z.string(),
  since: z.string(),
  endsAt: z.string(),
  extendedBy: z.string().optional(),
});

/** A lock that nobody has keeps its fencing number: it must never start again. */
const LockItem = z.object({
  operationId: z.string().optional(),
  leaseUntil: z.string().optional(),
  fencing: z.int(),
});

const Values = z.record(z.string(), z.unknown());

const DecisionItem = z.object({
  action: z.string(),
  mode: z.string(),
  reason: z.string(),
  summary: z.string(),
  differences: z
    .array(z.object({ field: z.string(), wanted: z.unknown().optional(), found: z.unknown().optional() }))
    .optional(),
  calls: z.array(z.object({ service: z.string(), operation: z.string(), parameters: Values.optional() })).optional(),
  doubts: z.array(z.string()).optional(),
});

const RecordItem = z.object({
  operationId: z.string(),
  workflow: z.string(),
  cacheId: z.string(),
  region: z.string(),
  requestedBy: z.string().optional(),
  startedAt: z.string(),
  summary: z.string(),
  figures: z.record(z.string(), z.unknown()).optional(),
  fencing: z.int().optional(),
  outcome: z.string().optional(),
  reason: z.string().optional(),
  closedAt: z.string().optional(),
  answeredBy: z.string().optional(),
  evidence: z.unknown().optional(),
  undo: z.unknown().optional(),
  problem: z.unknown().optional(),
  decision: DecisionItem.optional(),
  publishedAt: z.string().optional(),
});

/** A question without its token: who reads it cannot answer it by that. */
const QuestionItem = z.object({
  operationId: z.string(),
  cacheId: z.string(),
  question: z.string(),
  figures: Values,
  answerBefore: z.string(),
  workflow: z.string().optional(),
  requestedBy: z.string().optional(),
  // `startedAt` is the key of the index.
  beganAt: z.string().optional(),
  answer: z.object({ approved: z.boolean(), answeredBy: z.string(), answeredAt: z.string() }).optional(),
});

const questionOf = (found: unknown, what: string): Question => {
  const { beganAt, ...question } = parse(QuestionItem, found, what);
  return { ...question, startedAt: beganAt };
};

const SpecItem = z.object({
  spec: z.record(z.string(), z.unknown()),
  operationId: z.string(),
  at: z.string(),
});

const QuarantineItem = z.object({
  operationId: z.string(),
  reason: z.string(),
  summary: z.string(),
  since: z.string(),
  clearedAt: z.string().optional(),
});

/** Which operation ordered a failover, and when. `version` grows with each change, so that two never take the same place. */
const FailoversItem = z.object({ version: z.int(), orderedAt: z.record(z.string(), z.string()) });

/** A shard's turn is an attribute of its own, named so that none can be taken for a key. */
const TURN = 'shard ';
const TurnsItem = z.record(z.string(), z.string());

/** How often a place is tried for again when others take theirs at the same moment. */
const PLACE_ATTEMPTS = 10;

/** An operation that has ended stays as it ended. */
const NOT_ENDED = 'attribute_not_exists(outcome)';

/** The key of the index `by-cache`. */
const cacheOf = ({ region, cacheId }: CacheKey): string => `${region}#${cacheId}`;

/** How many items one page of a list is asked for. */
const PAGE_ITEMS = 50;

const expiry = (time: string): number => epochSeconds(secondsAfter(time, RECORD_DAYS * 86_400));

/** The ledger in its DynamoDB table: keys `pk` and `sk`, indexes `by-cache` and `by-kind`, time to live in `expiresAt`. */
export const dynamoLedger = (client: DynamoDBDocumentClient, TableName: string): Ledger => {
  /** @returns false when the condition did not hold */
  const update = async (input: Omit<UpdateCommandInput, 'TableName'>) => {
    try {
      const { Attributes = {} } = await client.send(new UpdateCommand({ TableName, ...input }));
      return Attributes;
    } catch (error) {
      if (isNamed(error, 'ConditionalCheckFailedException')) return false;
      throw error;
    }
  };

  const item = async (Key: Record<string, string>) => {
    const { Item } = await client.send(new GetCommand({ TableName, Key, ConsistentRead: true }));
    return Item;
  };

  /** The first so many of an index, from its end backwards; no more pages are read than these need. */
  const newest = async (limit: number, query: Omit<QueryCommandInput, 'TableName'>) => {
    const found: Record<string, unknown>[] = [];
    const pages = paginateQuery({ client, pageSize: PAGE_ITEMS }, { TableName, ScanIndexForward: false, ...query });
    for await (const { Items = [] } of pages) {
      found.push(...Items);
      if (found.length >= limit) break;
    }
    return found.slice(0, limit);
  };

  const holder = async (key: CacheKey): Promise<Holder | undefined> => {
    const found = await item(lockKey(key));
    if (!found) return undefined;
    const { operationId, leaseUntil, fencing } = parse(LockItem, found, `the lock of ${key.cacheId}`);
    return operationId && leaseUntil ? { operationId, leaseUntil, fencing } : undefined;
  };

  const graceOf = async (operationId: string): Promise<GracePeriod | undefined> => {
    const found = await item(graceKey(operationId));
    return found && parse(GraceItem, found, `the grace period of ${operationId}`);
  };

  const failovers = async (region: string) => {
    const found = await item(failoversKey(region));
    return found ? parse(FailoversItem, found, `the failovers of ${region}`) : { version: 0, orderedAt: {} };
  };

  /** @returns false when somebody else changed them meanwhile */
  const putFailovers = async (region: string, version: number, orderedAt: Readonly<Record<string, string>>) => {
    const written = await update({
      Key: failoversKey(region),
      UpdateExpression: 'SET version = :next, orderedAt = :orderedAt',
      ConditionExpression: version === 0 ? 'attribute_not_exists(version)' : 'version = :version',
      ExpressionAttributeValues: {
        ':next': version + 1,
        ':orderedAt': orderedAt,
        ...(version === 0 ? {} : { ':version': version }),
      },
    });
    return written !== false;
  };

  return {
    holder,

    async lock(key, operationId, now, leaseUntil) {
      const taken = await update({
        Key: lockKey(key),
        UpdateExpression: 'SET operationId = :me, leaseUntil = :until, fencing = if_not_exists(fencing, :zero) + :one',
        ConditionExpression: 'attribute_not_exists(operationId) OR (operationId <> :me AND leaseUntil < :now)',
        ExpressionAttributeValues: {
          ':me': operationId,
          ':until': sortable(leaseUntil),
          ':now': sortable(now),
          ':zero': 0,
          ':one': 1,
        },
        ReturnValues: 'ALL_NEW',
      });
      const mine =
        taken ||
        (await update({
          Key: lockKey(key),
          UpdateExpression: 'SET leaseUntil = :until',
          ConditionExpression: 'operationId = :me',
          ExpressionAttributeValues: { ':me': operationId, ':until': sortable(leaseUntil) },
          ReturnValues: 'ALL_NEW',
        }));
      if (mine) return parse(LockItem, mine, `the lock of ${key.cacheId}`).fencing;
      const other = await holder(key);
      const who = other
        ? `the operation ${other.operationId} until ${other.leaseUntil}`
        : 'an operation that just ended';
      throw new CacheLocked(`${key.cacheId} is held by ${who}: ask again when that one has ended.`);
    },

    async unlock(key, operationId, fencing) {
      const released = await update({
        Key: lockKey(key),
        UpdateExpression: 'REMOVE operationId, leaseUntil',
        ConditionExpression: 'operationId = :me AND fencing = :fencing',
        ExpressionAttributeValues: { ':me': operationId, ':fencing': fencing },
      });
      return released !== false;
    },

    async open(opening) {
      const { operationId, summary, fencing, figures, decision, ...first } = opening;
      await update({
        Key: recordKey(operationId),
        ...setting(
          { summary, fencing, figures, kind: 'operation', expiresAt: expiry(opening.startedAt) },
          { operationId, ...first, decision, startedAt: sortable(opening.startedAt), cache: cacheOf(opening) },
        ),
        ConditionExpression: NOT_ENDED,
      });
    },

    async record(operationId) {
      const found = await item(recordKey(operationId));
      return found && parse(RecordItem, found, `the record of ${operationId}`);
    },

    async close(opening, closing) {
      const { operationId, summary: _, figures, fencing, decision: planned, ...first } = opening;
      const { decision = planned, ...ending } = closing;
      const written = await update({
        Key: recordKey(operationId),
        ...setting(
          { figures, ...ending, kind: 'operation', expiresAt: expiry(closing.closedAt) },
          { operationId, ...first, decision, startedAt: sortable(opening.startedAt), fencing, cache: cacheOf(opening) },
        ),
        ConditionExpression: NOT_ENDED,
      });
      return written !== false;
    },

    async published(operationId, at) {
      await update({
        Key: recordKey(operationId),
        UpdateExpression: 'SET publishedAt = if_not_exists(publishedAt, :at)',
        ExpressionAttributeValues: { ':at': at },
      });
    },

    async ask({ operationId, startedAt, ...approval }) {
      const { answerBefore } = approval;
      const Item = {
        ...approvalKey(operationId),
        operationId,
        ...approval,
        beganAt: startedAt,
        kind: 'approval',
        // Questions are listed by the end of their time: those that are over are not even read.
        startedAt: sortable(answerBefore),
        expiresAt: expiry(answerBefore),
      };
      await client.send(new PutCommand({ TableName, Item }));
    },

    async answered(operationId, taskToken, answer) {
      await update({
        Key: approvalKey(operationId),
        UpdateExpression: 'SET answer = :answer',
        ConditionExpression: 'taskToken = :token AND attribute_not_exists(answer)',
        ExpressionAttributeValues: { ':answer': answer, ':token': taskToken },
      });
    },

    async question(operationId) {
      const found = await item(approvalKey(operationId));
      return found && questionOf(found, `the question of ${operationId}`);
    },

    async openQuestions(now, limit) {
      const found = await newest(limit, {
        IndexName: 'by-kind',
        KeyConditionExpression: 'kind = :kind AND startedAt > :now',
        FilterExpression: 'attribute_not_exists(answer)',
        ExpressionAttributeValues: { ':kind': 'approval', ':now': sortable(now) },
      });
      return found.map((each) => questionOf(each, 'the list of questions'));
    },

    async operations({ region, cacheId, workflow, limit }) {
      const filter = {
        ...(cacheId === undefined ? { region } : {}),
        ...(workflow === undefined ? {} : { workflow }),
      };
      const names = Object.keys(filter);
      const values = Object.fromEntries(Object.entries(filter).map(([name, value]) => [`:${name}`, value]));
      const filtering =
        names.length === 0
          ? {}
          : {
              FilterExpression: names.map((name) => `#${name} = :${name}`).join(' AND '),
              ExpressionAttributeNames: Object.fromEntries(names.map((name) => [`#${name}`, name])),
            };
      const found = await newest(
        limit,
        cacheId === undefined
          ? {
              IndexName: 'by-kind',
              KeyConditionExpression: 'kind = :kind',
              ...filtering,
              ExpressionAttributeValues: { ':kind': 'operation', ...values },
            }
          : {
              IndexName: 'by-cache',
              KeyConditionExpression: 'cache = :cache',
              ...filtering,
              ExpressionAttributeValues: { ':cache': cacheOf({ region, cacheId }), ...values },
            },
      );
      return found.map((each) => parse(RecordItem, each, 'the list of operations'));
    },

    async remember(key, { spec, operationId, at }) {
      await update({
        Key: specKey(key),
        // No expiry: it is kept as long as the cache.
        ...setting({ spec, operationId, at: sortable(at), ...key, kind: 'specification', startedAt: sortable(at) }, {}),
        ConditionExpression: 'attribute_not_exists(#at) OR #at <= :at',
      });
    },

    async specOf(key) {
      const found = await item(specKey(key));
      return found && parse(SpecItem, found, `the specification of ${key.cacheId}`);
    },

    async specifiedCaches(region) {
      const found: string[] = [];
      const pages = paginateQuery(
        { client },
        {
          TableName,
          IndexName: 'by-kind',
          KeyConditionExpression: 'kind = :kind',
          FilterExpression: '#region = :region',
          ExpressionAttributeNames: { '#region': 'region' },
          ExpressionAttributeValues: { ':kind': 'specification', ':region': region },
          ProjectionExpression: 'cacheId, #region',
        },
      );
      for await (const { Items = [] } of pages) {
        found.push(
          ...Items.map((each) => parse(z.object({ cacheId: z.string() }), each, 'the list of caches').cacheId),
        );
      }
      return found;
    },

    async forget(key) {
      for (const Key of [turnsKey(key), specKey(key)]) await client.send(new DeleteCommand({ TableName, Key }));
    },

    async quarantine(key, quarantine) {
      await update({
        Key: quarantineKey(key),
        // No expiry: it ends when it is ended.
        UpdateExpression:
          'SET operationId = :operationId, reason = :reason, summary = :summary, since = :since REMOVE clearedAt, clearedBy',
        ConditionExpression: 'attribute_not_exists(since) OR attribute_exists(clearedAt) OR operationId = :operationId',
        ExpressionAttributeValues: {
          ':operationId': quarantine.operationId,
          ':reason': quarantine.reason,
          ':summary': quarantine.summary,
          ':since': sortable(quarantine.since),
        },
      });
    },

    async quarantineOf(key) {
      const found = await item(quarantineKey(key));
      if (!found) return undefined;
      const { clearedAt, ...quarantine } = parse(QuarantineItem, found, `the quarantine of ${key.cacheId}`);
      return clearedAt === undefined ? quarantine : undefined;
    },

    async clearQuarantine(key, { clearedBy, at }) {
      const cleared = await update({
        Key: quarantineKey(key),
        UpdateExpression: 'SET clearedAt = :at, clearedBy = :by',
        ConditionExpression: 'attribute_exists(since) AND attribute_not_exists(clearedAt)',
        ExpressionAttributeValues: { ':at': sortable(at), ':by': clearedBy },
      });
      return cleared !== false;
    },

    async liftQuarantine(key, { operationId, reason }, at) {
      const lifted = await update({
        Key: quarantineKey(key),
        UpdateExpression: 'SET clearedAt = :at, clearedBy = :me',
        ConditionExpression: 'operationId = :me AND reason = :reason AND attribute_not_exists(clearedAt)',
        ExpressionAttributeValues: { ':at': sortable(at), ':me': operationId, ':reason': reason },
      });
      return lifted !== false;
    },

    async takeFailoverPlace(allowance, operationId, now) {
      const { region, limit, withinSeconds } = allowance;
      const since = sortable(secondsAfter(now, -withinSeconds));
      for (let attempt = 1; attempt <= PLACE_ATTEMPTS; attempt += 1) {
        const { version, orderedAt } = await failovers(region);
        const before = orderedAt[operationId];
        if (before !== undefined) return { hadBefore: true, since: before };
        const recent = Object.entries(orderedAt).filter(([, at]) => at > since);
        if (recent.length >= limit) throw allowanceUsedUp(allowance, recent);
        const taken = { ...Object.fromEntries(recent), [operationId]: sortable(now) };
        if (await putFailovers(region, version, taken)) return { hadBefore: false, since: sortable(now) };
      }
      throw new ServiceBusy(`Too many operations take failovers of ${region} at once: ${operationId} got no place.`);
    },

    async giveFailoverPlaceBack(region, operationId) {
      for (let attempt = 1; attempt <= PLACE_ATTEMPTS; attempt += 1) {
        const { version, orderedAt } = await failovers(region);
        const { [operationId]: mine, ...others } = orderedAt;
        if (mine === undefined || (await putFailovers(region, version, others))) return;
      }
      throw new ServiceBusy(`Too many operations take failovers of ${region} at once: ${operationId} keeps its place.`);
    },

    async takeTurn(key, shardId, at) {
      const before = await update({
        Key: turnsKey(key),
        // No expiry: who was drilled longer ago than records are kept has had its turn all the same.
        UpdateExpression: 'SET #shard = :at',
        ExpressionAttributeNames: { '#shard': `${TURN}${shardId}` },
        ExpressionAttributeValues: { ':at': sortable(at) },
        ReturnValues: 'UPDATED_OLD',
      });
      return before ? parse(TurnsItem, before, `the turns of ${key.cacheId}`)[`${TURN}${shardId}`] : undefined;
    },

    async giveTurnBack(key, shardId, before) {
      await update({
        Key: turnsKey(key),
        UpdateExpression: before === undefined ? 'REMOVE #shard' : 'SET #shard = :before',
        ExpressionAttributeNames: { '#shard': `${TURN}${shardId}` },
        ...(before === undefined ? {} : { ExpressionAttributeValues: { ':before': before } }),
      });
    },

    async turnsOf(key) {
      const turns = parse(TurnsItem, (await item(turnsKey(key))) ?? {}, `the turns of ${key.cacheId}`);
      return new Map(
        Object.entries(turns).flatMap(([name, at]) => (name.startsWith(TURN) ? [[name.slice(TURN.length), at]] : [])),
      );
    },

    async failoversSince(region, since) {
      const { orderedAt } = await failovers(region);
      return new Map(Object.entries(orderedAt).filter(([, at]) => at > sortable(since)));
    },

    async leaveToken(operationId, purpose, taskToken, at) {
      const Item = { ...tokenKey(operationId, purpose), operationId, taskToken, expiresAt: expiry(at) };
      await client.send(new PutCommand({ TableName, Item }));
    },

    async tokenLeft(operationId, purpose) {
      const found = await item(tokenKey(operationId, purpose));
      return found && parse(z.object({ taskToken: z.string() }), found, `the ${purpose} of ${operationId}`).taskToken;
    },

    async beginGrace(operationId, { versionId, since, endsAt }) {
      const begun = { versionId, since: sortable(since), endsAt: sortable(endsAt) };
      await update({
        Key: graceKey(operationId),
        UpdateExpression:
          'SET versionId = :version, since = :since, endsAt = :endsAt, operationId = :me, expiresAt = :expiry REMOVE extendedBy',
        ConditionExpression: 'attribute_not_exists(versionId) OR versionId <> :version',
        ExpressionAttributeValues: {
          ':version': versionId,
          ':since': begun.since,
          ':endsAt': begun.endsAt,
          ':me': operationId,
          ':expiry': expiry(since),
        },
      });
      return (await graceOf(operationId)) ?? begun;
    },

    graceOf,

    async extendGrace(operationId, { endsAt, extendedBy }) {
      await update({
        Key: graceKey(operationId),
        UpdateExpression: 'SET endsAt = :endsAt, extendedBy = :by',
        ConditionExpression: 'attribute_exists(since) AND endsAt < :endsAt',
        ExpressionAttributeValues: { ':endsAt': sortable(endsAt), ':by': extendedBy },
      });
      return graceOf(operationId);
    },
  };
};

/** An update that sets the first values, and the others only where nothing is yet. Undefined ones are left out. */
const setting = (set: Readonly<Record<string, unknown>>, keep: Readonly<Record<string, unknown>>) => {
  const wanted = [
    ...Object.entries(set).map(([name, value]) => ({ name, value, to: `:${name}` })),
    ...Object.entries(keep).map(([name, value]) => ({ name, value, to: `if_not_exists(#${name}, :${name})` })),
  ].filter(({ value }) => value !== undefined);
  return {
    UpdateExpression: `SET ${wanted.map(({ name, to }) => `#${name} = ${to}`).join(', ')}`,
    ExpressionAttributeNames: Object.fromEntries(wanted.map(({ name }) => [`#${name}`, name])),
    ExpressionAttributeValues: Object.fromEntries(wanted.map(({ name, value }) => [`:${name}`, value])),
  };
};
