import type { HistoryEvent } from '@aws-sdk/client-sfn';

/** Members of an event's details that carry data. */
const DATA_MEMBERS: ReadonlySet<string> = new Set(['input', 'output', 'parameters', 'assignedVariables']);

/** An event without inputs, outputs, parameters and variables. */
export const withoutData = (event: HistoryEvent): HistoryEvent => ({
  ...event,
  ...Object.fromEntries(
    Object.entries(event)
      .filter(([name]) => name.endsWith('EventDetails'))
      .map(([name, details]: [string, object]) => [
        name,
        Object.fromEntries(Object.entries(details).filter(([member]) => !DATA_MEMBERS.has(member))),
      ]),
  ),
});
