import type { CacheSeen, Caches } from './caches.ts';
import { DRILL_WINDOW_TAG, MODE_TAG, Mode, mostCareful, OPERATION_TAG } from './names.ts';
import { type AccountPolicy, Capability, modeAt } from './policy.ts';

/** One cache that the autopilot takes care of, with what it may do to it. */
export interface ManagedCache {
  readonly cache: CacheSeen;
  readonly modes: Readonly<Record<Capability, Mode>>;
  /** Sentences about tags that could not be understood and were taken the careful way. */
  readonly doubts: readonly string[];
}

export interface Fleet {
  readonly managed: readonly ManagedCache[];
  /** Caches whose tags ElastiCache does not tell now; they are not touched. */
  readonly unknown: readonly string[];
}

const OUR_PREFIX = 'autopilot:';
/** Tags of ours that say something else than a mode. */
const OTHER_TAGS = [OPERATION_TAG, DRILL_WINDOW_TAG];

/**
 * What the autopilot may do to one cache: the account's policy, made more careful by the cache's own tags. `autopilot:mode`
 * speaks for all capabilities, `autopilot:<capability>` for one. A tag never widens what the account allows, and one that
 * cannot be understood means `observe`.
 */
export const modesFor = (
  tags: Readonly<Record<string, string>>,
  policy: AccountPolicy,
  optInTag: string,
): Pick<ManagedCache, 'modes' | 'doubts'> => {
  const doubts: string[] = [];
  const modeIn = (tag: string): Mode => {
    const value = tags[tag];
    if (value === undefined) return 'act';
    const mode = Mode.safeParse(value);
    if (mode.success) return mode.data;
    doubts.push(`The tag ${tag} is ${value}, which is no mode: taken as observe. Write observe, approve or act.`);
    return 'observe';
  };
  const known = [MODE_TAG, optInTag, ...OTHER_TAGS, ...Capability.options.map((capability) => OUR_PREFIX + capability)];
  const strange = Object.keys(tags).filter((tag) => tag.startsWith(OUR_PREFIX) && !known.includes(tag));
  doubts.push(
    ...strange.map((tag) => `The tag ${tag} is not known: nothing is changed until it is corrected or removed.`),
  );

  const own = strange.length > 0 ? 'observe' : modeIn(MODE_TAG);
  const modes = Object.fromEntries(
    Capability.options.map((capability) => [
      capability,
      mostCareful(policy.modes[capability], own, modeIn(OUR_PREFIX + capability)),
    ]),
  ) as Record<Capability, Mode>;
  return { modes, doubts };
};

/** Who asks for something, as far as it bounds what may be done. */
export interface Asked {
  /** What the request itself wants, which can only be more careful. */
  readonly mode?: Mode | undefined;
  /** Nobody asked: the schedule, or another service, does. Then `autopilot:mode` counts too. */
  readonly unasked: boolean;
}

/** The account's mode for a request about one cache, made more careful by the request and by the cache's own tags. */
export const modeOfRequest = (
  capability: Capability,
  { mode, unasked }: Asked,
  tags: Readonly<Record<string, string>>,
  { policy, optInTag, now }: { readonly policy: AccountPolicy; readonly optInTag: string; readonly now: string },
): { readonly mode: Mode; readonly doubts: readonly string[] } => {
  const counting = Object.entries(tags).filter(([key]) => unasked || key !== MODE_TAG);
  const tagged = modesFor(Object.fromEntries(counting), policy, optInTag);
  return { mode: mostCareful(modeAt(policy, capability, now, mode), tagged.modes[capability]), doubts: tagged.doubts };
};

/** Finds every cache of the account and Region that carries the opt-in tag with the value `true`, page by page. */
export const discoverFleet = async (caches: Caches, policy: AccountPolicy, optInTag: string): Promise<Fleet> => {
  const managed: ManagedCache[] = [];
  const unknown: string[] = [];
  for await (const cache of caches.all()) {
    const tags = await caches.tagsOf(cache.arn);
    if (tags === undefined) unknown.push(cache.cacheId);
    else if (tags[optInTag] === 'true')
      managed.push({ cache: { ...cache, tags }, ...modesFor(tags, policy, optInTag) });
  }
  return { managed, unknown };
};
