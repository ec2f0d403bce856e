import type { Node } from './node.ts';

/** Carries a change to all nodes that run. Each gets it, also when another fails; then the failures are told. */
export const onEach = async (nodes: readonly Node[], change: (node: Node) => Promise<unknown>): Promise<void> => {
  const outcomes = await Promise.allSettled(nodes.filter((node) => node.isRunning()).map(change));
  const problems = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []));
  if (problems.length === 0) return;
  const reasons = problems.map((problem) => (problem instanceof Error ? problem.message : String(problem)));
  throw new AggregateError(problems, reasons.join('; '));
};
