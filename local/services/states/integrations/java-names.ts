/**
 * Step Functions speaks to services through the AWS SDK for Java 2, and its names show it: `DBClusters` is `DbClusters`,
 * `ARN` is `Arn`, `ReplicationGroupNotFoundFault` is `ReplicationGroupNotFoundException`. The guide only says "PascalCase"
 * and "always suffixed Exception"; the rest is what deployed definitions show (`DbClusterIdentifier`, `DbClusters`) and
 * how that SDK makes its names.
 */

/** `DBClusterIdentifier` → `dbClusterIdentifier`, `ARN` → `arn`, `MultiAZ` → `multiAZ`. */
export const uncapitalize = (name: string): string => {
  // A leading run of capitals is one word; its last letter begins the next word when a small letter follows.
  const [run = ''] = /^[A-Z]+/.exec(name) ?? [];
  const startsNextWord = run.length > 1 && /[a-z]/.test(name.charAt(run.length));
  const length = startsNextWord ? run.length - 1 : run.length;
  return name.slice(0, length).toLowerCase() + name.slice(length);
};

/** A member of a request or an answer: `stateMachineArn` → `StateMachineArn`, `ARN` → `Arn`. */
export const memberName = (name: string): string => {
  const java = uncapitalize(name);
  return java.charAt(0).toUpperCase() + java.slice(1);
};

/** An action as a Resource spells it: `DescribeReplicationGroups` → `describeReplicationGroups`. */
export const actionName = (operation: string): string => uncapitalize(operation);

const pascalCase = (name: string): string =>
  name
    .replace(/[^A-Za-z0-9]+/g, ' ')
    .replace(/([a-z])(?=[A-Z][a-zA-Z0-9])/g, '$1 ')
    .replace(/([A-Z]+)([A-Z][a-z])/g, '$1 $2')
    .replace(/([0-9])([a-zA-Z])/g, '$1 $2')
    .split(' ')
    .filter(Boolean)
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1).toLowerCase())
    .join('');

/** A modelled error: `InvalidARNFault` → `InvalidArnException`, `NoSuchBucket` → `NoSuchBucketException`. */
export const exceptionName = (shape: string): string =>
  `${pascalCase(shape.replace(/(Fault|Exception)$/, ''))}Exception`;
