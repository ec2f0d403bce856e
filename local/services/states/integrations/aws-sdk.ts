import type { Integration, TaskRequest } from '../../../states/integration.ts';
import type { Json } from '../../../states/json.ts';
import { type Caller, callerOf } from './caller.ts';
import { callWithArguments, findOperation, type SdkOperation } from './sdk-operation.ts';
import { loadedSdk, SDK_SERVICES } from './sdk-services.ts';

const RESOURCE = /^arn:aws:states:::aws-sdk:([a-z0-9]+):([a-zA-Z0-9]+)(\.waitForTaskToken)?$/;

/** The service and the action that an `aws-sdk` resource names; undefined for any other resource. */
export const parseSdkResource = (resource: string): { service: string; action: string; token: boolean } | undefined => {
  const [, service, action, token] = RESOURCE.exec(resource) ?? [];
  return service && action ? { service, action, token: token !== undefined } : undefined;
};

/** The operation that a resource means. Its package must have been loaded. */
export const sdkOperationOf = (resource: string): SdkOperation | undefined => {
  const parsed = parseSdkResource(resource);
  const sdk = parsed && loadedSdk(parsed.service);
  return sdk && findOperation(sdk, parsed.action);
};

/** `arn:aws:states:::aws-sdk:<service>:<action>`: any call of any service, as the state machine's role. */
export const awsSdk = (resource: string, caller: Caller): Integration | undefined => {
  const parsed = parseSdkResource(resource);
  const service = parsed && SDK_SERVICES[parsed.service];
  const sdk = parsed && loadedSdk(parsed.service);
  const operation = sdkOperationOf(resource);
  if (!parsed || !service || !sdk || !operation) return undefined;
  const errors = { prefix: service.prefix, unmodelled: `${service.prefix}Exception` };
  return {
    resourceType: `aws-sdk:${parsed.service}`,
    resource: parsed.token ? `${parsed.action}.waitForTaskToken` : parsed.action,
    ends: parsed.token ? 'with-token' : 'with-answer',
    run: (request: TaskRequest): Promise<Json> =>
      callWithArguments({ ...callerOf(caller, request), sdk, operation, errors }, request.arguments),
  };
};
