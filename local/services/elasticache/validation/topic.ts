import { invalidValue } from './faults.ts';

/** The topic has to be in the cache's own account and Region. @throws ServiceError InvalidParameterValue */
export const checkTopicArn = (topicArn: string, region: string, accountId: string): string => {
  const [, topicRegion, topicAccount] = /^arn:aws:sns:([a-z0-9-]+):(\d{12}):[A-Za-z0-9_-]{1,256}$/.exec(topicArn) ?? [];
  if (topicRegion === region && topicAccount === accountId) return topicArn;
  throw invalidValue(`NotificationTopicArn ${topicArn} must be a topic of account ${accountId} in ${region}.`);
};
