import { readFileSync } from 'node:fs';

const statFields = (pid: number): string[] | undefined => {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The second field is the command in brackets and may hold blanks: count from behind it. The first field here is the state.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  } catch {
    return undefined;
  }
};

/** When the process started, in clock ticks since boot, or '' where the system has no /proc. With the pid it names a process for good. */
export const startTimeOf = (pid: number): string => statFields(pid)?.[19] ?? '';

/** True while a process has this pid and is not a zombie. With `startTime`: only if it is that same process. */
export const isAlive = (pid: number, startTime = ''): boolean => {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM: it is there, and belongs to somebody else.
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  const fields = statFields(pid);
  if (fields === undefined) return process.platform !== 'linux';
  return fields[0] !== 'Z' && (startTime === '' || fields[19] === startTime);
};

/** "pid starttime" of this process: what lock files and owner.pid files hold. */
export const ownMark = (): string => `${process.pid} ${startTimeOf(process.pid)}`.trimEnd();

/** True while the process that wrote this mark lives. A text that is no mark counts as dead. */
export const isMarkAlive = (mark: string): boolean => {
  const [pid = '', startTime = ''] = mark.trim().split(' ');
  return /^[1-9][0-9]*$/.test(pid) && isAlive(Number(pid), startTime);
};
