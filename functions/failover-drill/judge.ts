import { MetricUnit } from '@aws-lambda-powertools/metrics';
import { s3Client } from '../platform/clients.ts';
import { dynamoClient } from '../platform/dynamo-client.ts';
import { dynamoLedger } from '../platform/dynamo-ledger.ts';
import { environment } from '../platform/environment.ts';
import { type Measures, handler as makeHandler } from '../platform/handler.ts';
import { s3Objects } from '../platform/objects.ts';
import { judgeDrill } from './judge-drill.ts';
import { JudgeInput, type Verdict } from './schemas.ts';
import { timelineSvg } from './timeline/draw-timeline.ts';
import { toPng } from './timeline/picture.ts';

/** Measures and judges a drill by the prober's log, and draws its picture. */
export const handler = makeHandler({
  name: 'failover-drill/judge',
  input: JudgeInput,
  run(input) {
    const bucket = environment('EVIDENCE_BUCKET');
    return judgeDrill(input, {
      objects: s3Objects(s3Client(), bucket),
      ledger: dynamoLedger(dynamoClient(), environment('LEDGER_TABLE')),
      region: environment('AWS_REGION'),
      bucket,
      async draw(view) {
        const svg = timelineSvg(view);
        return { svg, png: await toPng(svg) };
      },
    });
  },
  report: (verdict, { cacheId, shardId }) => ({
    says: 'Judged the drill',
    reason: verdict.reason,
    fields: { shardId, told: verdict.summary, trend: verdict.trendSays },
    ...measuresOf(verdict, cacheId),
  }),
});

/** By cache, so that a dashboard shows each one's trend. What is not known has no figure. */
const measuresOf = ({ measurement }: Verdict, CacheId: string): { measures?: Measures } => {
  if (!measurement) return {};
  const { writeOutageMs, readOutageMs, lostAcknowledgedWrites, staleReads } = measurement;
  const values = [
    { name: 'DrillWriteOutage', unit: MetricUnit.Milliseconds, value: writeOutageMs },
    { name: 'DrillReadOutage', unit: MetricUnit.Milliseconds, value: readOutageMs },
    { name: 'DrillLostAcknowledgedWrites', unit: MetricUnit.Count, value: lostAcknowledgedWrites },
    { name: 'DrillStaleReads', unit: MetricUnit.Count, value: staleReads },
  ];
  return {
    measures: {
      dimensions: { CacheId },
      values: values.flatMap(({ value, ...metric }) => (typeof value === 'number' ? [{ ...metric, value }] : [])),
    },
  };
};
