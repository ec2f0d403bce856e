import { s3Client } from '../platform/clients.ts';
import { dynamoClient } from '../platform/dynamo-client.ts';
import { dynamoLedger } from '../platform/dynamo-ledger.ts';
import { environment } from '../platform/environment.ts';
import { handler as makeHandler } from '../platform/handler.ts';
import { s3Objects } from '../platform/objects.ts';
import { drillMeasures } from './drill-measures.ts';
import { judgeDrill } from './judge-drill.ts';
import { JudgeInput } from './schemas.ts';
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
    ...drillMeasures(verdict, cacheId),
  }),
});
