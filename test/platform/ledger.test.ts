import { inMemoryLedger } from '../builders/in-memory-ledger.ts';
import { describeLedger } from './ledger-suite.ts';

describeLedger('in memory', inMemoryLedger);
