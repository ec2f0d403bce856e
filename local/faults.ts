import { ServiceError } from './service.ts';

/** A fault to inject into the API: which calls it hits, what it does to them, how often. */
export interface ApiFault {
  /** As `Service.name`. */
  readonly service: string;
  /** Operation name; left out: every operation. */
  readonly operation?: string;
  /** How many calls it hits before it is used up; left out: until removed. */
  readonly times?: number;
  /** Answer with this error instead of calling the service. */
  readonly error?: { readonly code: string; readonly message?: string; readonly status?: number };
  /** Real milliseconds to wait before anything else. */
  readonly delayMs?: number;
  /** Carry the call out and then lose the answer: the caller sees a reset connection. */
  readonly loseAnswer?: boolean;
  /** Called when the call was carried out, before its answer leaves: something dies at exactly this point. */
  readonly afterwards?: () => Promise<void> | void;
}

/** What is still to be done to a call that met a fault, once it was carried out. */
export interface Met {
  readonly loseAnswer: boolean;
  afterwards(): Promise<void> | void;
}

/** Faults on demand, for tests and for trying things out. Everything that can go wrong on AWS can be asked for here. */
export interface Faults {
  /** The answer removes the fault again. */
  add(fault: ApiFault): () => void;
  /** Waits or throws as the first matching fault says; tells what has to happen after the call. */
  meet(service: string, operation: string): Promise<Met>;
}

const UNHARMED: Met = { loseAnswer: false, afterwards: () => {} };

export const createFaults = (): Faults => {
  const active: { fault: ApiFault; left: number }[] = [];
  const remove = (entry: (typeof active)[number]) => {
    const index = active.indexOf(entry);
    if (index >= 0) active.splice(index, 1);
  };

  return {
    add(fault) {
      const entry = { fault, left: fault.times ?? Number.POSITIVE_INFINITY };
      active.push(entry);
      return () => remove(entry);
    },
    async meet(service, operation) {
      const entry = active.find(
        ({ fault }) => fault.service === service && (fault.operation ?? operation) === operation,
      );
      if (!entry) return UNHARMED;
      entry.left -= 1;
      if (entry.left <= 0) remove(entry);
      const { delayMs, error, loseAnswer = false, afterwards = () => {} } = entry.fault;
      if (delayMs) await new Promise((resolve) => setTimeout(resolve, delayMs));
      if (error) throw new ServiceError(error.code, error.message ?? 'Injected fault', error.status ?? 400);
      return { loseAnswer, afterwards };
    },
  };
};
