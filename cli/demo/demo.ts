import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { boot, stopOnSignals } from '../commands/local.ts';
import { connect } from '../connection.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { reportHtml } from '../report/report.ts';
import { table } from '../table.ts';
import type { Chapter, Told } from './chapter.ts';
import { creation } from './chapters/creation.ts';
import { failoverDrill } from './chapters/failover-drill.ts';
import { tokenRotation } from './chapters/token-rotation.ts';

/** The story, in order. */
const CHAPTERS: readonly Chapter[] = [creation, failoverDrill, tokenRotation];

/** `npm start`: the main job, seen. */
export const demo = async ({ speed }: { readonly speed: number }): Promise<ExitCode> => {
  const began = performance.now();
  const clock = () => `${((performance.now() - began) / 1000).toFixed(1).padStart(5)} s`;
  console.log('elasticache-autopilot: the main job, in an AWS account on this machine\n');
  const booted = await boot({ speed, say: (line) => console.log(`${clock()}  ${line}`) });
  const forget = stopOnSignals(async () => {
    console.log('\nending the local account');
    await booted.stop();
  });

  try {
    const { account, folder, file, readySeconds } = booted;
    const logs = path.relative(process.cwd(), path.join(folder, 'logs'));
    console.log(
      `${clock()}  ready after ${readySeconds.toFixed(1)} s: account ${file.accountId}, ${account.engine.binary.engine} ${account.engine.binary.version}, logs in ${logs}`,
    );
    const connection = await connect({ local: true });
    const told: Told[] = [];
    for (const chapter of CHAPTERS) {
      console.log(`\n${chapter.title}`);
      told.push(
        await chapter.tell({
          connection,
          authorityFile: file.certificateAuthorityFile,
          world: account.world,
          say: (cacheId, line) => console.log(`${clock()}  ${cacheId.padEnd(10)} ${line}`),
        }),
      );
    }

    const caches = told.flatMap((chapter) => chapter.caches);
    const report = path.join(folder, 'report.html');
    writeFileSync(
      report,
      reportHtml({
        title: 'elasticache-autopilot: a run in the local account',
        facts: [
          ['account', `${file.accountId} (local), ${file.regions.join(', ')}`],
          ['engine', `${account.engine.binary.engine} ${account.engine.binary.version}`],
          ['time', `${speed} account seconds in one real second`],
          ['began', new Date(account.world.clock.origin).toISOString()],
          ['logs', logs],
        ],
        caches,
        chapters: told.map(({ view }) => view),
      }),
    );

    console.log();
    const rows = caches.map((cache) => [
      cache.id,
      cache.engine,
      cache.nodeType,
      cache.clusterMode ? 'enabled' : 'disabled',
      cache.shards.length,
      cache.shards.reduce((nodes, shard) => nodes + 1 + shard.replicas.length, 0),
      cache.tls ? 'yes' : 'no',
      cache.authRequired ? 'yes' : 'no',
      cache.status,
      cache.monthlyCostUsd === undefined ? undefined : `${cache.monthlyCostUsd.toFixed(0)} USD`,
    ]);
    const heads = [
      'cache',
      'engine',
      'node type',
      'cluster mode',
      'shards',
      'nodes',
      'TLS',
      'AUTH',
      'status',
      'a month',
    ];
    console.log(table(heads, rows));
    console.log(`\nReport: ${path.relative(process.cwd(), report)}`);
    return told.every(({ succeeded }) => succeeded) ? EXIT.done : EXIT.operationFailed;
  } finally {
    forget();
    await booted.stop();
  }
};
