import type { Execution, Executions } from '../../functions/platform/executions.ts';

export interface InMemoryExecutions extends Executions {
  /** By name, in the order in which they were started. */
  readonly started: Map<string, Readonly<Record<string, unknown>>>;
  /** Ends one as its workflow would. */
  end(name: string, ending: Exclude<Execution, { status: 'running' }>): void;
}

/** The executions of one workflow: they run until the test ends them. */
export const inMemoryExecutions = (): InMemoryExecutions => {
  const started = new Map<string, Readonly<Record<string, unknown>>>();
  const ended = new Map<string, Execution>();
  return {
    started,
    end(name, ending) {
      if (!started.has(name)) throw new Error(`No execution ${name} was started.`);
      ended.set(name, ending);
    },
    async start(name, input) {
      const before = started.get(name);
      if (before && (ended.has(name) || JSON.stringify(before) !== JSON.stringify(input))) return false;
      started.set(name, input);
      return true;
    },
    async find(name) {
      return ended.get(name) ?? (started.has(name) ? { status: 'running' } : undefined);
    },
  };
};
