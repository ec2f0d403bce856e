import { readFileSync, readlinkSync } from 'node:fs';

/** What tells one process from any other that had or will have its number. */
export interface ProcessIdentity {
  readonly pid: number;
  /** When it started, in clock ticks since the machine's boot. */
  readonly startTicks: number;
}

/** Field 22 of /proc/<pid>/stat, counted from the state, which follows the name in parentheses as field 3. */
const START_FIELD = 19;

/** A living process, or undefined when there is none (or no /proc on this system). A zombie is not alive. */
export const readProcess = (pid: number): (ProcessIdentity & { readonly commandLine: string }) | undefined => {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (fields[0] === 'Z' || fields[0] === 'X') return undefined;
    const commandLine = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
    return { pid, startTicks: Number(fields[START_FIELD]), commandLine };
  } catch {
    return undefined;
  }
};

/** This very process, as others can recognize it. Where there is no /proc the number alone has to do. */
export const ownIdentity = (): ProcessIdentity => ({
  pid: process.pid,
  startTicks: readProcess(process.pid)?.startTicks ?? 0,
});

/** Whether that very process still lives: another one that has got its number does not count. */
export const lives = ({ pid, startTicks }: ProcessIdentity): boolean => {
  if (startTicks > 0) return readProcess(pid)?.startTicks === startTicks;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
};

/** Resident memory of a process, bytes; 0 when it is gone. */
export const residentBytesOf = (pid: number): number => {
  try {
    return Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) * 1024;
  } catch {
    return 0;
  }
};

/**
 * Where process numbers mean what they mean here: this boot of the machine, and this container of it. Undefined on
 * systems without /proc.
 */
export const processSpace = (): { readonly boot: string; readonly container: string } | undefined => {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    return { boot, container: readlinkSync('/proc/self/ns/pid') };
  } catch {
    return undefined;
  }
};
