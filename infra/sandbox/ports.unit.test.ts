import { describe, expect, it } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ownMark } from './liveness.js';
import { claim, freePort, freePorts } from './ports.js';

const claimOf = (port: number): string => join(tmpdir(), 'client-middleware-ports', String(port));

describe('free ports', () => {
  it('are never given twice, also before anybody listens on them', async () => {
    const many = (await Promise.all(Array.from({ length: 40 }, () => freePorts(5)))).flat();
    expect(new Set(many).size).toBe(200);
  });
  it('are claimed for this process, so that no other sandbox takes them', async () => {
    expect(readFileSync(claimOf(await freePort()), 'utf8')).toBe(ownMark());
  });
  it('are free again when the process that claimed them is gone, and not before', async () => {
    const gone = execFileSync(process.execPath, ['-e', 'process.stdout.write(String(process.pid))'], { encoding: 'utf8' });
    const port = await freePort();
    expect(claim(port)).toBe(false);
    writeFileSync(claimOf(port), String(process.ppid));
    expect(claim(port)).toBe(false);
    writeFileSync(claimOf(port), gone);
    expect(claim(port)).toBe(true);
    expect(readFileSync(claimOf(port), 'utf8')).toBe(ownMark());
  });
});
