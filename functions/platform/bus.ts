import { type EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { ServiceBusy } from './operator-actions.ts';

/** Something to say on our bus. */
export interface Saying {
  readonly detailType: string;
  readonly detail: Readonly<Record<string, unknown>>;
}

/** Our bus, as far as we speak on it. Its in-memory twin is in test/. */
export interface Bus {
  /** Says all of it, in order. @throws ServiceBusy when a part was not taken; said again, the rest comes twice */
  say(...sayings: readonly Saying[]): Promise<void>;
}

/** PutEvents takes at most 10 entries a call (EventBridge quotas). */
const ENTRIES_PER_CALL = 10;

export const eventBridgeBus = (client: EventBridgeClient, busName: string): Bus => ({
  async say(...sayings) {
    for (let first = 0; first < sayings.length; first += ENTRIES_PER_CALL) {
      const entries = sayings.slice(first, first + ENTRIES_PER_CALL).map(({ detailType, detail }) => ({
        EventBusName: busName,
        Source: 'autopilot',
        DetailType: detailType,
        Detail: JSON.stringify(detail),
      }));
      const { FailedEntryCount = 0, Entries = [] } = await client.send(new PutEventsCommand({ Entries: entries }));
      if (FailedEntryCount > 0) {
        // PutEvents answers 200 also when it lost something.
        const codes = Entries.flatMap(({ ErrorCode }) => (ErrorCode ? [ErrorCode] : []));
        throw new ServiceBusy(`The bus ${busName} did not take ${FailedEntryCount} events (${codes.join(', ')}).`);
      }
    }
  },
});
