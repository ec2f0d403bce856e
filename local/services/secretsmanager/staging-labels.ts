/** Versions of one secret, and the staging labels on them. Pure: each function answers the labels as they are then. */
export type Labels = ReadonlyMap<string, ReadonlySet<string>>;

const CURRENT = 'AWSCURRENT';
const PREVIOUS = 'AWSPREVIOUS';

/** The version that carries a label. */
export const versionWith = (labels: Labels, label: string): string | undefined =>
  [...labels].find(([, carried]) => carried.has(label))?.[0];

const change = (labels: Labels, edit: (copy: Map<string, Set<string>>) => void): Labels => {
  const copy = new Map([...labels].map(([version, carried]) => [version, new Set(carried)]));
  edit(copy);
  return copy;
};

const take = (labels: Map<string, Set<string>>, label: string) => {
  for (const carried of labels.values()) carried.delete(label);
};

/**
 * Puts labels on a version. A label is on one version at a time; when AWSCURRENT moves, the version that had it becomes
 * AWSPREVIOUS (Secrets Manager API reference, PutSecretValue).
 */
export const putLabels = (labels: Labels, version: string, wanted: readonly string[]): Labels =>
  change(labels, (copy) => {
    const former = versionWith(copy, CURRENT);
    for (const label of wanted) take(copy, label);
    const carried = copy.get(version) ?? new Set<string>();
    copy.set(version, carried);
    for (const label of wanted) carried.add(label);
    if (wanted.includes(CURRENT) && former !== undefined && former !== version) {
      take(copy, PREVIOUS);
      copy.get(former)?.add(PREVIOUS);
    }
  });

/** Takes one label off a version. */
export const removeLabel = (labels: Labels, version: string, label: string): Labels =>
  change(labels, (copy) => void copy.get(version)?.delete(label));

/** The version whose AWSPENDING keeps a rotation from beginning: any other than the current one (API reference, RotateSecret). */
export const blockingVersion = (labels: Labels): string | undefined => {
  const pending = versionWith(labels, 'AWSPENDING');
  return pending === versionWith(labels, CURRENT) ? undefined : pending;
};
