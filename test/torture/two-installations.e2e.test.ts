/** A second installation works on the same outside by mistake. Nobody is paid twice, and whatever stands still says why. */
import { describe, expect, it } from '@jest/globals';
import { twoInstallations, twoInstallationsLines } from './two-installations.js';

describe('two installations on one outside', () => {
  it('pay nobody twice, and each second cash-out is on hold and listed [B2]', async () => {
    const said: string[] = [];
    const result = await twoInstallations(
      { customers: 8, seed: 1, keep: false },
      { say: (line) => said.push(line), progress: () => undefined, interrupted: new AbortController().signal },
    );
    if (result === null) throw new Error('nobody interrupts it');
    process.stderr.write(`${[...said, ...twoInstallationsLines(result)].join('\n')}\n`);
    expect(result.customers.flatMap(({ problems }) => problems)).toEqual([]);
    expect(result.counts).toMatchObject({ paidTwice: 0, secondCashOutsHeld: result.counts.secondCashOuts });
    // Both have worked on the same requests, or the run tells nothing.
    expect(result.counts.heldByOne + result.counts.heldByBoth).toBeGreaterThan(0);
  }, 300_000);
});
