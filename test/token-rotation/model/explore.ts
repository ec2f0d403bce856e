/** Answers a question that can be answered in several ways. The same question is answered the same way all along a story. */
export type Choose = <Option>(question: string, options: readonly [Option, ...Option[]]) => Option;

/**
 * Tells a story once for each combination of the answers that it asks for. What a story does not ask for makes no difference to it,
 * so that no combination is left out, and none is told twice.
 *
 * @returns how many were told
 */
export const explore = async (story: (choose: Choose) => Promise<void>): Promise<number> => {
  const untold: (readonly number[])[] = [[]];
  let told = 0;
  for (let script = untold.pop(); script; script = untold.pop()) {
    const given = script;
    const taken: number[] = [];
    const answers = new Map<string, unknown>();
    await story((question, options) => {
      if (answers.has(question)) return answers.get(question) as (typeof options)[number];
      const index = given[taken.length] ?? 0;
      if (taken.length >= given.length) {
        for (let other = 1; other < options.length; other += 1) untold.push([...taken, other]);
      }
      taken.push(index);
      const answer = options[index] ?? options[0];
      answers.set(question, answer);
      return answer;
    });
    told += 1;
  }
  return told;
};
