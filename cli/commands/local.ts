import { existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { inspect } from 'node:util';
import { type Account, startAccount } from '../../local/account.ts';
import {
  type AccountFile,
  claimFolder,
  folderOwner,
  releaseFolder,
  writeAccountFile,
} from '../../local/account-file.ts';
import { lives } from '../../local/engine/process-table.ts';
import { synthesize } from '../../local/synthesize.ts';
import { CannotConnect, localHome, nearestHome } from '../connection.ts';
import { EXIT } from '../exit-codes.ts';

/** One second of waiting is half a minute of the account: creations take seconds, and a person can still follow. */
export const DEFAULT_SPEED = 30;

export interface BootOptions {
  readonly speed: number;
  /** A cloud assembly that is there already; left out: the app is synthesized. */
  readonly assembly?: string;
  readonly say: (line: string) => void;
}

export interface BootedAccount {
  readonly account: Account;
  readonly folder: string;
  readonly file: AccountFile;
  /** Real seconds from the assembly to an account that answers. */
  readonly readySeconds: number;
  stop(): Promise<void>;
}

const runsFolder = () => path.join(localHome(), 'runs');
const runFolder = () => path.join(runsFolder(), new Date().toISOString().replace(/[:.]/g, '-'));

/** Runs whose logs and reports are kept: some 9 MB each. */
const RUNS_KEPT = 10;

/** Takes away the oldest runs. Their names are the times at which they began. */
const forgetOldRuns = (): void => {
  if (!existsSync(runsFolder())) return;
  const old = readdirSync(runsFolder())
    .sort()
    .slice(0, -(RUNS_KEPT - 1));
  for (const name of old) rmSync(path.join(runsFolder(), name), { recursive: true, force: true });
};

/** Synthesizes, boots the account, and tells other shells about it. One account at a time lives in a folder. */
export const boot = async (options: BootOptions): Promise<BootedAccount> => {
  const other = claimFolder(localHome());
  if (other !== undefined) {
    throw new CannotConnect(
      `A local account starts or runs in this folder already (process ${other}): end it with \`autopilot local down\`.`,
    );
  }
  const asked = new AbortController();
  const forget = stopOnSignals(async () => {
    asked.abort();
    releaseFolder(localHome());
  });
  try {
    return await bootHere(options, asked.signal);
  } catch (error) {
    releaseFolder(localHome());
    throw cannotStart(error);
  } finally {
    forget();
  }
};

/** One sentence for the person at the keyboard; all else goes into a file. */
const cannotStart = (error: unknown): CannotConnect => {
  if (error instanceof CannotConnect) return error;
  const details = path.join(localHome(), 'start-failure.log');
  writeFileSync(details, `${new Date().toISOString()} ${inspect(error)}\n`);
  const sentence = error instanceof Error ? error.message : String(error);
  return new CannotConnect(`${sentence}\nDetails: ${path.relative(process.cwd(), details)}`, { cause: error });
};

const bootHere = async ({ speed, assembly, say }: BootOptions, signal: AbortSignal): Promise<BootedAccount> => {
  forgetOldRuns();
  const folder = runFolder();
  const output = assembly ?? path.join(folder, 'cdk.out');
  if (!assembly) {
    say('synthesizing the CDK app');
    await synthesize(output, signal);
  } else if (!existsSync(assembly)) {
    throw new CannotConnect(`There is no cloud assembly in ${assembly}: make one with \`npm run synth\`.`);
  }

  const began = performance.now();
  const account = await startAccount({ assembly: output, folder, speed, progress: say });
  const readySeconds = (performance.now() - began) / 1000;
  const file = writeAccountFile(localHome(), {
    accountId: account.world.accountId,
    regions: [...account.regions],
    environment: { ...account.world.environmentFor(account.operator, account.regions[0]) },
    certificateAuthorityFile: account.world.certificateAuthority.certFile,
    folder,
    speed,
  });
  const stop = async () => {
    releaseFolder(localHome());
    await account.stop();
  };
  return { account, folder, file, readySeconds, stop };
};

/** What a shell expects of a process that a signal ended. */
const SIGNAL_CODES = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;
type EndSignal = keyof typeof SIGNAL_CODES;

/**
 * Calls `stop` once when the process is asked to end, by Ctrl-C or otherwise. The answer takes the listeners away.
 *
 * @param codes exit codes by signal, where the end is not an interruption
 */
export const stopOnSignals = (
  stop: () => Promise<void>,
  codes: Readonly<Record<EndSignal, number>> = SIGNAL_CODES,
): (() => void) => {
  let asked = false;
  const onSignal = (signal: EndSignal) => {
    // A second Ctrl-C does not wait for the first to be done; the next start cleans up.
    if (asked) process.exit(SIGNAL_CODES.SIGINT);
    asked = true;
    void stop()
      .catch((error: unknown) => console.error(error))
      .finally(() => process.exit(codes[signal]));
  };
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const signal of signals) process.on(signal, onSignal);
  return () => {
    for (const signal of signals) process.off(signal, onSignal);
  };
};

const quote = (value: string) => `'${value.replaceAll("'", `'\\''`)}'`;

/** The lines that point another shell's AWS tools at a running local account. */
export const exportLines = ({ environment }: AccountFile): string[] =>
  Object.entries(environment).map(([name, value]) => `export ${name}=${quote(value)}`);

/** `autopilot local up`: keeps an account running until Ctrl-C or `autopilot local down`. */
export const up = async (options: Omit<BootOptions, 'say'>): Promise<void> => {
  const say = (line: string) => console.log(`  ${line}`);
  const booted = await boot({ ...options, say });
  const { account, folder, file, readySeconds, stop } = booted;
  console.log(
    `\nThe local account ${file.accountId} is up after ${readySeconds.toFixed(1)} s (Regions ${file.regions.join(', ')}; ${account.engine.binary.engine} ${account.engine.binary.version}).`,
  );
  console.log(`Logs are in ${path.relative(process.cwd(), path.join(folder, 'logs'))}\n`);
  console.log('In another shell:\n');
  for (const line of exportLines(file)) console.log(`  ${line}`);
  console.log('  aws elasticache describe-replication-groups\n');
  console.log(
    '(Version 1 of the AWS CLI takes that endpoint for all but SQS: `aws sqs --endpoint-url $AWS_ENDPOINT_URL …`.)',
  );
  console.log(`A client of a cache trusts ${path.relative(process.cwd(), file.certificateAuthorityFile)}\n`);
  console.log('Ctrl-C, or `npx autopilot local down` in this folder, ends it.');
  await new Promise<void>(() => {
    stopOnSignals(
      async () => {
        console.log('\nending the local account');
        await stop();
      },
      // `local down` ends it as it is meant to be ended.
      { ...SIGNAL_CODES, SIGTERM: EXIT.done },
    );
  });
};

/** How long `down` waits for the account's process to end by itself. */
const DOWN_PATIENCE_MS = 15_000;

/** `autopilot local down`: asks the account of this folder to end, and waits until it has. */
export const down = async (): Promise<void> => {
  const home = nearestHome((each) => folderOwner(each) !== undefined) ?? localHome();
  const owner = folderOwner(home);
  if (!owner) {
    console.log('No local account runs in this folder or one above it.');
    return;
  }
  process.kill(owner.pid, 'SIGTERM');
  const deadline = performance.now() + DOWN_PATIENCE_MS;
  while (lives(owner)) {
    if (performance.now() > deadline) {
      throw new CannotConnect(`Process ${owner.pid} does not end: see the newest logs in ${home}/runs, then kill it.`);
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  console.log('The local account has ended.');
};
