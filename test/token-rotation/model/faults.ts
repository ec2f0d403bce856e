import type { CallFault } from '../../builders/in-memory-token-cache.ts';

/** What goes wrong with one call of a workflow. */
export type Fault =
  /** The function dies, or its invocation fails, before it has done anything. */
  | 'dies-before'
  /** It has done all of its work, and nobody hears of it. */
  | 'dies-after'
  /** It dies right after so many of the things that it writes, counted from 1. */
  | `dies-after-write-${number}`
  /** Nobody hears of it, and it does its work just before Lambda would end it. */
  | 'comes-late'
  | 'is-busy'
  | 'fails'
  /** The execution is stopped when this call has done its work, and its operation is closed as an abandoned one. */
  | 'is-stopped'
  /** The execution ends here, and nobody closes its operation. */
  | 'vanishes'
  /** The one call that changes tokens goes wrong. */
  | CallFault
  /** Just before the call the lease of the lock has run out, and another operation has the cache. */
  | 'loses-the-lock'
  | ConsoleFault;

/** What somebody does at the console just before the call, past everything that we do. */
export type ConsoleFault = (typeof CONSOLE_FAULTS)[number];

/** A token of their own, the labels of the secret, another of its fields. */
export const CONSOLE_FAULTS = [
  'console-rotates',
  'console-moves-pending',
  'console-moves-current',
  'console-edits',
] as const;

export const isConsoleFault = (fault: Fault | undefined): fault is ConsoleFault =>
  CONSOLE_FAULTS.some((each) => each === fault);

/** One call that a run made. */
export interface CallMade {
  readonly index: number;
  readonly to: string;
  /** How many things it wrote. */
  readonly writes: number;
}

/**
 * Everything that can go wrong with a call. One that writes nothing leaves the same behind whether it dies before or after its
 * work, and an execution that is cut off after it is one that was cut off after the call before.
 */
export const faultsOf = ({ to, writes }: CallMade): readonly Fault[] => {
  const changesSomething = writes > 0 || to === 'settle';
  return [
    'dies-before',
    'fails',
    ...when(to !== 'settle', 'is-busy'),
    ...when(changesSomething, 'is-stopped', 'vanishes'),
    ...when(writes > 0, 'dies-after', 'comes-late', 'loses-the-lock'),
    ...Array.from({ length: Math.max(0, writes - 1) }, (_, index): Fault => `dies-after-write-${index + 1}`),
    ...when(to === 'Order', ...CALL_FAULTS),
  ];
};

const when = (isSo: boolean, ...faults: readonly Fault[]): readonly Fault[] => (isSo ? faults : []);

const CALL_FAULTS = ['throttled', 'breaks-before', 'loses-the-answer', 'change-fails'] as const;

export const isCallFault = (fault: Fault | undefined): fault is CallFault => CALL_FAULTS.some((each) => each === fault);
