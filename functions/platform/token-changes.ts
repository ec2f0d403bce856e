import { type ElastiCacheClient, ModifyReplicationGroupCommand, ModifyUserCommand } from '@aws-sdk/client-elasticache';
import { isNamed, operatorActionFor } from './aws-errors.ts';
import { FixInput, GrantPermission, ServiceBusy } from './operator-actions.ts';
import { OrderUncertain, wasRefused } from './was-refused.ts';

/** What became of an order of which ElastiCache has surely told. */
export type Ordered =
  /** It goes on with it after the answer. */
  | 'yes'
  /** Surely not: the cache or the user takes no order now, or there were too many calls. */
  | 'busy'
  /** Surely not: ElastiCache does not allow this of these tokens. */
  | 'refused';

/** Orders that change who may log in. Tokens go in and never come out: no answer and no error holds one. Its in-memory twin is in test/. */
export interface TokenChanges {
  /** The token becomes valid beside the one that was last. @throws OrderUncertain, GrantPermission, FixInput */
  rotate(cacheId: string, token: string): Promise<Ordered>;
  /** The token that was rotated in last becomes the only one. @throws OrderUncertain, GrantPermission, FixInput */
  set(cacheId: string, token: string): Promise<Ordered>;
  /** The passwords, one or two, become the user's only ones. @throws OrderUncertain, GrantPermission, FixInput */
  setPasswords(userId: string, passwords: readonly string[]): Promise<Ordered>;
}

const BUSY = [
  'InvalidReplicationGroupStateFault',
  'InvalidCacheClusterStateFault',
  'InvalidUserStateFault',
  'InvalidUserGroupStateFault',
];
const REFUSED = ['InvalidParameterCombinationException', 'InvalidParameterValueException'];

/** @param client one that does not repeat calls by itself: a token that is rotated in twice may drop the one that clients use */
export const elastiCacheTokenChanges = (client: ElastiCacheClient): TokenChanges => {
  const order = async (what: string, call: Promise<unknown>): Promise<Ordered> => {
    try {
      await call;
      return 'yes';
    } catch (error) {
      if (!wasRefused(error)) {
        // Without its cause: what the SDK says of a call may repeat what was sent.
        throw new OrderUncertain(`ElastiCache did not answer whether it changes ${what}.`);
      }
      if (isNamed(error, ...BUSY)) return 'busy';
      if (isNamed(error, ...REFUSED)) return 'refused';
      const action = operatorActionFor(error);
      if (action instanceof ServiceBusy) return 'busy';
      if (action instanceof GrantPermission) throw action;
      const name = error instanceof Error ? error.name : typeof error;
      // No waiting helps. Its own word and nothing else: what it says besides may repeat what was sent.
      throw new FixInput(
        `ElastiCache does not change ${what}: it answered ${name}. Look this word up in its API reference.`,
      );
    }
  };
  const modify = (cacheId: string, AuthToken: string, AuthTokenUpdateStrategy: 'ROTATE' | 'SET') =>
    order(
      `the AUTH token of ${cacheId}`,
      // ElastiCache's guide wants tokens changed at once, and says nothing of what waiting for a window would mean.
      client.send(
        new ModifyReplicationGroupCommand({
          ReplicationGroupId: cacheId,
          AuthToken,
          AuthTokenUpdateStrategy,
          ApplyImmediately: true,
        }),
      ),
    );
  return {
    rotate: (cacheId, token) => modify(cacheId, token, 'ROTATE'),
    set: (cacheId, token) => modify(cacheId, token, 'SET'),
    setPasswords: (userId, passwords) =>
      order(
        `the passwords of user ${userId}`,
        client.send(new ModifyUserCommand({ UserId: userId, Passwords: [...passwords] })),
      ),
  };
};
