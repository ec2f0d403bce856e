// An account in little: starts a cache, prints its nodes' process numbers and waits to be killed.
import { anEngine, aPair, processesOf } from './an-engine.ts';

const { engine } = await anEngine();
const cache = await engine.start(aPair(1));
process.stdout.write(`${JSON.stringify(await processesOf(cache))}\n`);
setInterval(() => {}, 60_000);
