import type { Node } from './node.ts';

type Change = (node: Node) => Promise<unknown>;

/** Carries a change to all nodes that run. Each gets it, also when another fails; then the failures are told. */
export const onEach = async (nodes: readonly Node[], change: Change): Promise<void> => {
  tell(await Promise.allSettled(nodes.filter((node) => node.isRunning()).map(change)));
};

/** As `onEach`, and a node's turn comes when the one before it is done. */
export const onEachInTurn = async (nodes: readonly Node[], change: Change): Promise<void> => {
  const outcomes: PromiseSettledResult<unknown>[] = [];
  for (const node of nodes) {
    if (node.isRunning()) outcomes.push(...(await Promise.allSettled([change(node)])));
  }
  tell(outcomes);
};

const tell = (outcomes: readonly PromiseSettledResult<unknown>[]): void => {
  const problems = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []));
  if (problems.length === 0) return;
  const reasons = problems.map((problem) => (problem instanceof Error ? problem.message : String(problem)));
  throw new AggregateError(problems, reasons.join('; '));
};
