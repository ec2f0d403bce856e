import { type ChangeContext, type Changer, step } from './change.ts';

/** The tags that the last specification asked for and this one does not. Whoever else tags the cache is left alone. */
export const abandonedTags = ({ spec, cache, seen }: ChangeContext): string[] => {
  const before = seen.remembered?.tags;
  const earlier = before !== null && typeof before === 'object' ? Object.keys(before) : [];
  return earlier.filter((key) => spec.tags?.[key] === undefined && cache.tags?.[key] !== undefined);
};

/** Tags cost nothing and interrupt nobody. ElastiCache copies them to the nodes. */
export const tags: Changer = (context) => {
  const { spec, cache } = context;
  const ResourceName = cache.arn;
  const wanted = Object.entries(spec.tags ?? {}).filter(([key, value]) => cache.tags?.[key] !== value);
  const gone = abandonedTags(context);
  const names = (keys: readonly string[]) => `the ${keys.length === 1 ? 'tag' : 'tags'} ${keys.join(', ')}`;
  const fields = (keys: readonly string[]) => keys.map((key) => `tags.${key}`);
  const wantedKeys = wanted.map(([key]) => key);
  return {
    steps: [
      ...(wanted.length === 0
        ? []
        : [
            step(
              'AddTagsToResource',
              { ResourceName, Tags: wanted.map(([Key, Value]) => ({ Key, Value })) },
              {
                id: 'set-tags',
                says: `set ${wanted.map(([key, value]) => `the tag ${key} to “${value}”`).join(', ')}`,
                fields: fields(wantedKeys),
                safe: true,
              },
            ),
          ]),
      ...(gone.length === 0
        ? []
        : [
            step(
              'RemoveTagsFromResource',
              { ResourceName, TagKeys: gone },
              { id: 'remove-tags', says: `remove ${names(gone)}`, fields: fields(gone), safe: true },
            ),
          ]),
    ],
  };
};
