import type { CacheKey } from '../platform/ledger.ts';

/** Where a drill's evidence is kept in the bucket: `drills/orders/<operationId>/…`. */
export const evidenceKeys = ({
  cacheId,
  operationId,
}: Pick<CacheKey, 'cacheId'> & { readonly operationId: string }) => {
  const folder = `drills/${cacheId}/${operationId}`;
  return { log: `${folder}/probe-log.json.gz`, svg: `${folder}/timeline.svg`, png: `${folder}/timeline.png` };
};
