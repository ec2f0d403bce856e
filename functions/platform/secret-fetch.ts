import type { Event } from '@aws-sdk/client-cloudtrail';
import * as z from 'zod';
import { type IsoTime, sortable } from './units.ts';

/** One successful fetch of a secret's value, as CloudTrail tells of it. CloudTrail never has the value. */
export interface SecretFetch {
  readonly at: IsoTime;
  /** The ARN of the role, whatever its session, or of the user; else the service or account. Undefined when it is not told. */
  readonly who?: string | undefined;
  /** What the role's session is called. Lambda calls it as the function. */
  readonly session?: string | undefined;
  /** The version that was asked for by its id. */
  readonly versionId?: string | undefined;
  /** The version that was asked for by its label; with neither, AWSCURRENT. */
  readonly versionStage?: string | undefined;
}

/** As much as we need of a record (CloudTrail guide, "CloudTrail record contents" and "userIdentity element"). */
const Told = z.looseObject({
  eventSource: z.string(),
  eventName: z.string(),
  eventTime: z.iso.datetime(),
  errorCode: z.string().optional(),
  userIdentity: z
    .looseObject({
      arn: z.string().optional(),
      accountId: z.string().optional(),
      invokedBy: z.string().optional(),
      type: z.string().optional(),
      sessionContext: z
        .looseObject({ sessionIssuer: z.looseObject({ arn: z.string().optional() }).optional() })
        .optional(),
    })
    .optional(),
  requestParameters: z
    .looseObject({ versionId: z.string().nullish(), versionStage: z.string().nullish() })
    .nullish()
    .catch(null),
});

/** The calls that hand out a value. */
const FETCHES = ['GetSecretValue', 'BatchGetSecretValue'];

/** Reads one event; `no-fetch` is another call, or one that was refused. */
export const fetchIn = ({ CloudTrailEvent = '' }: Event): SecretFetch | 'no-fetch' | 'unreadable' => {
  const read = Told.safeParse(contentOf(CloudTrailEvent));
  if (!read.success) return 'unreadable';
  const { eventSource, eventName, eventTime, errorCode, userIdentity, requestParameters } = read.data;
  const isFetch = eventSource === 'secretsmanager.amazonaws.com' && FETCHES.includes(eventName);
  if (!isFetch || errorCode !== undefined) return 'no-fetch';
  const arn = userIdentity?.arn;
  return {
    at: sortable(eventTime),
    who: userIdentity && whoIs(userIdentity),
    session: arn?.includes(':assumed-role/') ? arn.split('/').at(-1) : undefined,
    versionId: requestParameters?.versionId ?? undefined,
    versionStage: requestParameters?.versionStage ?? undefined,
  };
};

const whoIs = ({
  type,
  arn,
  accountId,
  invokedBy,
  sessionContext,
}: NonNullable<z.output<typeof Told>['userIdentity']>): string | undefined => {
  if (type === 'AWSService') return invokedBy;
  const [, partition, account, role] = /^arn:([a-z-]+):sts::(\d{12}):assumed-role\/([^/]+)\//.exec(arn ?? '') ?? [];
  const byArn = role === undefined ? arn : `arn:${partition}:iam::${account}:role/${role}`;
  // Who comes from another account may have no ARN here.
  return sessionContext?.sessionIssuer?.arn ?? byArn ?? (accountId && `the account ${accountId}`);
};

const contentOf = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};
