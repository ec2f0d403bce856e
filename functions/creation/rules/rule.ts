import type { AccountPolicy } from '../../platform/policy.ts';
import type { Observation } from '../observation.ts';
import type { Fault } from '../schemas.ts';
import type { ReadableSpec } from '../spec.ts';

/** Judges a specification by itself. A field that is missing or could not be read is somebody else's fault. */
export type SpecRule = (spec: ReadableSpec) => readonly Fault[];

/** Judges a specification by what the account holds. */
export type AccountRule = (spec: ReadableSpec, seen: Observation) => readonly Fault[];

/** Judges a specification by what the account's operators want of every cache. */
export type PolicyRule = (
  spec: ReadableSpec,
  terms: { readonly policy: AccountPolicy; readonly notificationTopicArn: string },
) => readonly Fault[];

/** A fault for each broken rule of one field. `broken` says whether it is; nothing is reported of what is in order. */
export const faultsOf = (
  path: string,
  value: unknown,
  ...checks: readonly { broken: boolean; rule: string; remedy: string }[]
): Fault[] => checks.filter(({ broken }) => broken).map(({ rule, remedy }) => ({ path, value, rule, remedy }));
