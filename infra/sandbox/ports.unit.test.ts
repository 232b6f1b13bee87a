import { describe, expect, it } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ownMark } from './liveness.js';
import { freePort, freePorts } from './ports.js';

const claimOf = (port: number): string => join(tmpdir(), 'client-middleware-ports', String(port));

describe('free ports', () => {
  it('are never given twice, also before anybody listens on them', async () => {
    const many = (await Promise.all(Array.from({ length: 40 }, () => freePorts(5)))).flat();
    expect(new Set(many).size).toBe(200);
  });
  it('are claimed for this process, so that no other sandbox takes them', async () => {
    expect(readFileSync(claimOf(await freePort()), 'utf8')).toBe(ownMark());
  });
  it('are free again when the process that claimed them is gone', async () => {
    const gone = execFileSync(process.execPath, ['-e', 'process.stdout.write(String(process.pid))'], { encoding: 'utf8' });
    const taken = claimOf(await freePort());
    writeFileSync(taken, gone);
    expect(existsSync(taken)).toBe(true);
    // All ports of a claim that is over may be chosen: enough of them, and this one comes up, or none of them is in the way.
    await expect(freePorts(50)).resolves.toHaveLength(50);
  });
});
