#!/usr/bin/env node
import { Command, InvalidArgumentError, Option } from 'commander';
import manifest from '../package.json' with { type: 'json' };
import { CannotConnect } from './connection.ts';
import { EXIT, type ExitCode } from './exit-codes.ts';

/**
 * The command line. Commands are loaded when they are called: `--help` and `status` need neither the local account nor
 * a chart library.
 */
const program = new Command('autopilot')
  .description('Runs the day-2 life of ElastiCache caches: the same commands against AWS or the local account.')
  .version(manifest.version)
  .addHelpText(
    'after',
    `
Exit codes: 0 done, or nothing to do · 1 the tool itself could not work · 2 input refused · 3 the operation failed\n            4 not done: refused, only observed, answered with no, or still waiting
Credentials and Region come from the environment, as for every AWS tool; --local means the local account of this folder.`,
  )
  .showHelpAfterError();

const local = () => new Option('--local', 'talk to the local account that runs in this folder').default(false);
const json = () => new Option('--json', 'answer in JSON, for machines').default(false);

const speed = (text: string): number => {
  const value = Number(text);
  if (value >= 1 && value <= 1000) return value;
  throw new InvalidArgumentError('a number from 1 to 1000');
};

const count = (text: string): number => {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1 && value <= 1000) return value;
  throw new InvalidArgumentError('a whole number from 1 to 1000');
};

program
  .command('create')
  .description('create a cache from its specification (YAML or JSON), or show what would be done')
  .argument('<spec>', 'the specification file')
  .option('--plan', 'only show what is there, what is missing, the exact calls and the monthly cost', false)
  .option('--wait', 'keep waiting when a person has to approve', false)
  .addOption(local())
  .addOption(json())
  .action(async (file: string, options) =>
    exitWith(await (await import('./commands/create.ts')).create(file, options)),
  );

program
  .command('delete')
  .description('delete a cache with a final snapshot, or let go of it, as its specification or --policy says')
  .argument('<cache>', 'the cache’s id')
  .addOption(
    new Option('--policy <policy>', 'what becomes of it; left out: as its specification said').choices([
      'Delete',
      'Retain',
      'Orphan',
    ]),
  )
  .option('--not-created-here <cache>', 'the id once more, to delete a cache that the autopilot did not create')
  .option('--plan', 'only show what is there and the exact calls', false)
  .option('--wait', 'keep waiting when a person has to approve', false)
  .addOption(local())
  .addOption(json())
  .action(async (cacheId: string, options) =>
    exitWith(await (await import('./commands/delete.ts')).deleteCache(cacheId, options)),
  );

program
  .command('drill')
  .description(
    'let a shard of a cache fail over on purpose, measured by real clients, or show whether that is possible now',
  )
  .argument('<cache>', 'the cache’s id')
  .option('--shard <id>', 'the shard, e.g. 0001; left out: the one whose last drill is the longest ago')
  .option('--plan', 'only show what would be tested, and why now', false)
  .option('--wait', 'keep waiting when a person has to approve', false)
  .option('--picture <file>', 'write the timeline picture to this file (.svg or .png)')
  .option('--clear', 'clear the quarantine that a failed drill left, and drill nothing', false)
  .addOption(local())
  .addOption(json())
  .action(async (cacheId: string, options) =>
    exitWith(await (await import('./commands/drill.ts')).drill(cacheId, options)),
  );

program
  .command('rotate')
  .description(
    'rotate the AUTH token of a cache, or a user’s password, so that no client notices; or show what is valid now',
  )
  .argument('<cache>', 'the cache’s id')
  .option('--user <id>', 'a user of the cache’s user group; left out: the cache’s AUTH token')
  .option('--plan', 'only show what would be done, and what every node accepts now', false)
  .option('--wait', 'keep waiting through the grace period, and when a person has to approve', false)
  .option(
    '--extend <time>',
    'give applications more time (90m, 2h, 1d) in the grace period that runs, and rotate nothing',
  )
  .option('--drop-unknown', 'retire a token that may be valid and is in no secret, too', false)
  .addOption(local())
  .addOption(json())
  .action(async (cacheId: string, options) =>
    exitWith(await (await import('./commands/rotate.ts')).rotate(cacheId, options)),
  );

program
  .command('status')
  .description('list the caches of the Region: topology, conditions, whether the autopilot may touch them; or tell one')
  .argument('[cache]', 'the id of one cache, to see its conditions, endpoints and nodes')
  .addOption(local())
  .addOption(json())
  .action(async (cacheId: string | undefined, options) =>
    exitWith(await (await import('./commands/status.ts')).status(cacheId, options)),
  );

program
  .command('runs')
  .description('list the operations, newest first: what runs, what waits, how each ended')
  .option('--cache <id>', 'only those on one cache')
  .addOption(new Option('--limit <n>', 'at most so many').argParser(count).default(20))
  .addOption(local())
  .addOption(json())
  .action(async (options) => exitWith(await (await import('./commands/runs.ts')).runs(options)));

program
  .command('explain')
  .description('tell one operation: who asked, what was seen and decided and why, what happened, what to do next')
  .argument('<operation>', 'the operation’s id')
  .addOption(local())
  .addOption(json())
  .action(async (operationId: string, options) =>
    exitWith(await (await import('./commands/explain.ts')).explain(operationId, options)),
  );

program
  .command('approvals')
  .description('list the operations that wait for a person')
  .addOption(local())
  .addOption(json())
  .action(async (options) => exitWith(await (await import('./commands/approvals.ts')).approvals(options)));

for (const answer of ['approve', 'reject'] as const) {
  program
    .command(answer)
    .description(`${answer} an operation that waits for a person`)
    .argument('<operation>', 'the operation’s id')
    .addOption(local())
    .action(async (operationId: string, options) =>
      exitWith(await (await import('./commands/answer.ts')).answer(operationId, answer, options)),
    );
}

const localCommands = program.command('local').description('the AWS account on your machine');
const speedOption = () =>
  new Option(
    '--speed <factor>',
    'account seconds per real second; a failover drill needs 60 or less, since clients are real',
  )
    .argParser(speed)
    .default(30);

localCommands
  .command('up')
  .description('start it and keep it running; prints what to export so that other AWS tools can use it')
  .addOption(speedOption())
  .option('--assembly <folder>', 'a synthesized cloud assembly; left out: the app is synthesized')
  .action(async (options) => (await import('./commands/local.ts')).up(options));

localCommands
  .command('down')
  .description('end the local account that runs in this folder')
  .action(async () => (await import('./commands/local.ts')).down());

localCommands
  .command('demo')
  .description('the main job, seen: a sample fleet is created in a local account, and a report written')
  .addOption(speedOption())
  .action(async (options) => exitWith(await (await import('./demo/demo.ts')).demo(options)));

const exitWith = (code: ExitCode): void => {
  process.exitCode = code;
};

// Who pipes the output into `head` has seen enough. What was started goes on in the account, and its end is not known here.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') console.error(`The output could not be written: ${error.message}`);
  process.exit(EXIT.toolFailed);
});

/** What a person can do something about is one sentence; anything else keeps its stack. */
const sentenceOf = (error: unknown): unknown => {
  if (error instanceof CannotConnect) return error.message;
  const isGone = error instanceof Error && ['ECONNREFUSED', 'ECONNRESET'].includes(Reflect.get(error, 'code'));
  return isGone ? 'The account no longer answers. Whether it goes on with what was begun is not known.' : error;
};

try {
  await program.parseAsync();
} catch (error) {
  console.error(sentenceOf(error));
  process.exitCode = EXIT.toolFailed;
}
