export type Answer = (input: Record<string, unknown>, call: number) => unknown;

export interface Asked {
  readonly operation: string;
  readonly input: Record<string, unknown>;
}

/** An SDK client that answers by operation; an answer that is an Error is thrown. It remembers what it was asked. */
export const anSdkClient = <Client>(answers: Readonly<Record<string, Answer>> = {}) => {
  const asked: Asked[] = [];
  const client = {
    async send(command: { constructor: { name: string }; input: Record<string, unknown> }) {
      const { input } = command;
      const operation = command.constructor.name.replace(/Command$/, '');
      asked.push({ operation, input });
      const answer = answers[operation]?.(input, asked.filter((call) => call.operation === operation).length);
      if (answer instanceof Error) throw answer;
      return answer ?? {};
    },
  };
  return { client: client as unknown as Client, asked };
};

/** An error as the SDK throws it. */
export const named = (name: string, message = name): Error => Object.assign(new Error(message), { name });
