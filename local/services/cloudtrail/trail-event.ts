import { randomUUID } from 'node:crypto';
import type { AnsweredCall } from '../../service.ts';
import { hideSecrets, withoutSecrets } from './hide-secrets.ts';
import { RECORDED, type RecordedService } from './recorded-services.ts';
import { callerOf } from './user-identity.ts';

export interface EventResource {
  readonly type: string;
  readonly name: string;
}

/** An event as it is kept: nothing in it is a secret. */
export interface TrailEvent {
  readonly id: string;
  readonly name: string;
  readonly source: string;
  readonly region: string;
  /** Whole seconds, as milliseconds since the epoch. */
  readonly at: number;
  readonly isRead: boolean;
  readonly accessKeyId: string;
  readonly username: string | undefined;
  readonly resources: readonly EventResource[];
  /** The whole record as JSON text. */
  readonly record: string;
}

/** How the operations of the recorded services that change nothing begin. */
const READ = /^(Get|BatchGet|Describe|List|Lookup|Validate)/;

const iso = (at: number) => new Date(at).toISOString().replace('.000Z', 'Z');

/**
 * The event of one call; undefined for a service of which nothing is recorded.
 *
 * @param startedAt ISO 8601, when the account started
 */
export const trailEvent = (answered: AnsweredCall, accountId: string, startedAt: string): TrailEvent | undefined => {
  const { service, call, accessKeyId, outcome } = answered;
  const recorded = RECORDED[service];
  if (!recorded) return undefined;

  const id = randomUUID();
  const at = Math.floor(answered.at / 1000) * 1000;
  const isRead = READ.test(call.operation);
  const isService = call.principal.kind === 'service';
  const { identity, username } = callerOf(call.principal, accountId, accessKeyId, startedAt);
  const { members, secrets } = hideSecrets(answered.input);
  // What could not be read is not repeated: whoever could not read it may quote it.
  const isUnread = answered.input === undefined;
  const failure = 'error' in outcome ? failureOf(outcome.error, isUnread ? undefined : secrets) : undefined;
  // Who may not call is not told about: neither is what was asked for. AWS documents no rule; records of denials have null.
  const isDenied = failure?.errorCode === 'AccessDenied';
  const requestParameters = isDenied ? null : (members ?? null);
  const responseElements = 'output' in outcome && !isRead ? answerOf(outcome.output, recorded) : null;

  const record = {
    eventVersion: '1.11',
    userIdentity: identity,
    eventTime: iso(at),
    eventSource: recorded.source,
    eventName: call.operation,
    awsRegion: call.region,
    sourceIPAddress: isService ? identity.invokedBy : answered.sourceAddress,
    userAgent: isService ? identity.invokedBy : answered.userAgent,
    ...failure,
    requestParameters,
    responseElements,
    requestID: call.requestId,
    eventID: id,
    readOnly: isRead,
    eventType: 'AwsApiCall',
    managementEvent: true,
    recipientAccountId: accountId,
    eventCategory: 'Management',
  };
  const resources = resourcesIn([requestParameters, responseElements], recorded);
  const { source } = recorded;
  const shown = { id, name: call.operation, source, region: call.region, at, isRead, accessKeyId, username, resources };
  return { ...shown, record: JSON.stringify(record) };
};

/** Services answer `AccessDeniedException`, and their records say `AccessDenied`. */
const failureOf = (error: { code: string; message: string }, secrets: readonly string[] | undefined) => ({
  errorCode: error.code === 'AccessDeniedException' ? 'AccessDenied' : error.code,
  ...(secrets ? { errorMessage: withoutSecrets(error.message, secrets) } : {}),
});

/** An answer that holds one thing is shown as that thing. `ARN` is the one name that is not made small by rule. */
const answerOf = (output: unknown, { answers }: RecordedService): unknown => {
  const members = Object.entries((hideSecrets(output).members ?? {}) as Record<string, unknown>)
    .map(([name, value]) => [name === 'aRN' ? 'arn' : name, value] as const)
    .filter(([name]) => answers === undefined || answers.includes(name));
  const [only, ...others] = members;
  const isOneThing = only && others.length === 0 && typeof only[1] === 'object' && !Array.isArray(only[1]);
  if (members.length === 0) return null;
  return isOneThing ? only[1] : Object.fromEntries(members);
};

const resourcesIn = (parts: readonly unknown[], { resources }: RecordedService): EventResource[] => {
  const named = parts.flatMap((part) =>
    Object.entries((part ?? {}) as Record<string, unknown>).flatMap(([member, name]) => {
      const type = resources[member];
      return type && typeof name === 'string' ? [{ type, name }] : [];
    }),
  );
  return named.filter(({ type, name }, index) => {
    const first = named.findIndex((other) => other.type === type && other.name === name);
    return first === index;
  });
};
