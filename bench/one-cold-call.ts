/**
 * A process of its own: loads one bundle, calls its handler, and prints the milliseconds until the first call over the
 * network was answered. Loading this script itself is not counted.
 */
import diagnostics from 'node:diagnostics_channel';

const [, , bundle = '', payload = '{}'] = process.argv;

diagnostics.subscribe('http.client.response.finish', () => {
  process.stdout.write(`\n${performance.now() - began}\n`, () => process.exit(0));
});

const context = {
  awsRequestId: '00000000-0000-4000-8000-000000000000',
  functionName: process.env.AWS_LAMBDA_FUNCTION_NAME,
  getRemainingTimeInMillis: () => 60_000,
};

const began = performance.now();
const { handler } = await import(bundle);
await handler(JSON.parse(payload), context);
throw new Error(`${bundle} ended without one call over the network: nothing was measured`);
