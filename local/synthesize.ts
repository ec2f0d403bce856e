import { execFile } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const repository = fileURLToPath(new URL('..', import.meta.url));

/**
 * Synthesizes the CDK app into a cloud assembly, offline and without credentials.
 *
 * @param output the assembly's folder
 * @param signal ends it in the middle
 * @throws Error with what the app printed, e.g. every fault of the configuration file
 */
export const synthesize = (output: string, signal?: AbortSignal): Promise<void> =>
  new Promise((resolve, reject) => {
    const cdk = path.join(repository, 'node_modules', 'aws-cdk', 'bin', 'cdk');
    const args = [cdk, 'synth', '--quiet', '--no-notices', '--output', output];
    const env = {
      ...process.env,
      CDK_DISABLE_CLI_TELEMETRY: '1',
      PATH: `${path.dirname(process.execPath)}:${process.env.PATH}`,
    };
    execFile(
      process.execPath,
      args,
      { cwd: repository, env, maxBuffer: 64 << 20, ...(signal ? { signal } : {}) },
      (error, stdout, stderr) => {
        if (error) reject(new Error(`The CDK app could not be synthesized.\n${stderr || stdout}`, { cause: error }));
        else resolve();
      },
    );
  });
