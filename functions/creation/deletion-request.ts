import { Mode } from '../platform/names.ts';
import { DeletionPolicy, type DeletionRequest } from './deletion-schemas.ts';
import { cacheIdRule } from './rules/cache-id.ts';
import type { Fault } from './schemas.ts';

/** A request as far as it can be understood. */
export interface WantedDeletion {
  /** For records and messages, also when it is no possible id. */
  readonly cacheId: string;
  readonly policy?: DeletionPolicy | undefined;
  readonly mode?: Mode | undefined;
  /** Whoever asks has named the cache twice: it may be one that was not created here. */
  readonly evenIfNotOurs: boolean;
}

/** Reads a request with all its faults at once. Never throws. */
export const readDeletionRequest = (given: DeletionRequest): { wanted: WantedDeletion; faults: readonly Fault[] } => {
  const { cacheId, policy, mode, evenIfNotOurs } = given;
  const id = typeof cacheId === 'string' ? cacheId : '';
  const readPolicy = DeletionPolicy.optional().safeParse(policy ?? undefined);
  const readMode = Mode.optional().safeParse(mode ?? undefined);
  const named = evenIfNotOurs !== undefined && evenIfNotOurs !== null;
  const faults: Fault[] = [
    ...(id === ''
      ? [
          {
            path: 'cacheId',
            rule: 'A request names the cache.',
            remedy: 'Give its id, as `autopilot status` shows it.',
          },
        ]
      : // The longest ids are those of Memcached's clusters, and what the cache is is not known yet.
        cacheIdRule({ cacheId: id, engine: 'memcached' })),
    ...(readPolicy.success
      ? []
      : [
          {
            path: 'policy',
            value: policy,
            rule: 'policy is one of Delete, Retain, Orphan.',
            remedy: 'Leave it out for what the cache’s specification said.',
          },
        ]),
    ...(readMode.success
      ? []
      : [
          {
            path: 'mode',
            value: mode,
            rule: 'mode is one of observe, approve, act.',
            remedy: 'Leave it out for the account’s own mode.',
          },
        ]),
    ...(named && evenIfNotOurs !== id
      ? [
          {
            path: 'evenIfNotOurs',
            value: evenIfNotOurs,
            rule: 'Who wants to delete a cache that was not created here names it twice.',
            remedy: `Write ${id || 'the cache’s id'} once more (--not-created-here), or leave it out.`,
          },
        ]
      : []),
  ];
  return {
    wanted: {
      cacheId: id.slice(0, 100) || 'unknown',
      policy: readPolicy.data,
      mode: readMode.data,
      evenIfNotOurs: named && evenIfNotOurs === id,
    },
    faults,
  };
};
