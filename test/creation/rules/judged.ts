import type { Observation } from '../../../functions/creation/observation.ts';
import {
  ACCOUNT_RULES,
  ACCOUNT_WARNINGS,
  POLICY_RULES,
  SPEC_RULES,
  SPEC_WARNINGS,
} from '../../../functions/creation/rules/index.ts';
import { type ReadableSpec, readSpec } from '../../../functions/creation/spec.ts';
import { aSpec } from '../../builders/a-spec.ts';
import { anObservation } from '../../builders/an-observation.ts';
import { termsToAct } from '../../builders/terms.ts';

/** A specification of Memcached without faults. */
export const aMemcachedSpec = (overrides: Record<string, unknown> = {}): Record<string, unknown> => {
  const spec = {
    cacheId: 'pages',
    engine: 'memcached',
    engineVersion: '1.6.22',
    cacheNodeType: 'cache.r6g.large',
    numCacheNodes: 3,
    ...overrides,
  };
  return Object.fromEntries(Object.entries(spec).filter(([, value]) => value !== undefined));
};

/** The fields as the rules get them. */
export const readable = (overrides: Record<string, unknown> = {}): ReadableSpec => readSpec(aSpec(overrides)).spec;
export const readableMemcached = (overrides: Record<string, unknown> = {}): ReadableSpec =>
  readSpec(aMemcachedSpec(overrides)).spec;

const pathsOf = (faults: readonly { path: string }[]): string[] => faults.map(({ path }) => path);

/** Where all rules together find faults. */
export const faultPaths = (
  spec: ReadableSpec,
  seen: Observation = anObservation(),
  terms: ReturnType<typeof termsToAct> = termsToAct(),
): string[] =>
  pathsOf([
    ...SPEC_RULES.flatMap((rule) => rule(spec)),
    ...ACCOUNT_RULES.flatMap((rule) => rule(spec, seen)),
    ...POLICY_RULES.flatMap((rule) => rule(spec, terms)),
  ]);

/** Where all warnings together see something. */
export const warningPaths = (spec: ReadableSpec, seen: Observation = anObservation()): string[] =>
  pathsOf([
    ...SPEC_WARNINGS.flatMap((warning) => warning(spec)),
    ...ACCOUNT_WARNINGS.flatMap((warning) => warning(spec, seen)),
  ]);
