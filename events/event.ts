import * as z from 'zod';

/** The envelope of every EventBridge event. */
export const envelope = <Source extends string, DetailType extends string, Detail extends z.ZodType>(
  source: Source,
  detailType: DetailType,
  detail: Detail,
) =>
  z.looseObject({
    id: z.string(),
    source: z.literal(source),
    'detail-type': z.literal(detailType),
    account: z.string(),
    region: z.string(),
    time: z.string(),
    detail,
  });

/** A plain EventBridge pattern on source and detail type. Mutable arrays, because the CDK wants them so. */
export const patternOf = (source: string, detailType: string): { source: string[]; 'detail-type': string[] } => ({
  source: [source],
  'detail-type': [detailType],
});

/** The source of everything that the autopilot says. */
export const OUR_SOURCE = 'autopilot';
