import type { TaskTokens } from '../../functions/platform/task-tokens.ts';

export interface InMemoryTaskTokens extends TaskTokens {
  /** The answers in their order, each as the workflow gets it. */
  readonly answers: { readonly taskToken: string; readonly output?: unknown; readonly error?: unknown }[];
}

/** Step Functions, as far as it waits for tokens. The first answer to a token counts; later ones come to nobody. */
export const inMemoryTaskTokens = (): InMemoryTaskTokens => {
  const answers: InMemoryTaskTokens['answers'] = [];
  const isAnswered = (taskToken: string) => answers.some((answer) => answer.taskToken === taskToken);
  return {
    answers,
    async succeed(taskToken, output) {
      // As text, like the service: what is no JSON does not arrive.
      if (!isAnswered(taskToken)) answers.push({ taskToken, output: JSON.parse(JSON.stringify(output)) });
    },
    async fail(taskToken, error) {
      if (!isAnswered(taskToken)) answers.push({ taskToken, error });
    },
  };
};
