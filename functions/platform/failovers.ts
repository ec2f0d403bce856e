import { type ElastiCacheClient, TestFailoverCommand } from '@aws-sdk/client-elasticache';
import { isNamed, operatorActionFor } from './aws-errors.ts';
import { FailoverTestsBlocked, WaitForFailoverAllowance } from './operator-actions.ts';
import { OrderUncertain, wasRefused } from './was-refused.ts';

/** Orders failovers. Its in-memory twin is in test/. */
export interface Failovers {
  /**
   * Lets one shard fail over; ElastiCache goes on with it after the answer.
   *
   * @throws WaitUntilAvailable, WaitForFailoverAllowance, FailoverTestsBlocked, AskAgain, GrantPermission, FixInput,
   *         FixKey when it was surely not ordered; OrderUncertain when it may have been
   */
  test(cacheId: string, shardId: string): Promise<void>;
}

/** @param client one that does not repeat calls by itself: what may have been carried out must not be ordered twice */
export const elastiCacheFailovers = (client: ElastiCacheClient): Failovers => ({
  async test(cacheId, shardId) {
    try {
      await client.send(new TestFailoverCommand({ ReplicationGroupId: cacheId, NodeGroupId: shardId }));
    } catch (error) {
      if (!wasRefused(error)) {
        throw new OrderUncertain(
          `ElastiCache did not answer whether it lets shard ${shardId} of ${cacheId} fail over.`,
          {
            cause: error,
          },
        );
      }
      // ElastiCache's only word for too many calls that TestFailover has of its own: of a second, or of a day.
      if (isNamed(error, 'APICallRateForCustomerExceededFault')) {
        throw new WaitForFailoverAllowance(`ElastiCache lets no more failovers be tested now: ${error.message}`, {
          cause: error,
        });
      }
      if (isNamed(error, 'TestFailoverNotAvailableFault')) {
        throw new FailoverTestsBlocked(`AWS does not let ${cacheId} be tested now: ${error.message}`, { cause: error });
      }
      throw operatorActionFor(error);
    }
  },
});
