import { describe, expect, it } from '@jest/globals';
import { INVESTSUITE_FAULTS } from '../simulators/investsuite/faults.js';
import { FAULTS, isFault, rulesOf } from './faults.js';

const names = Object.keys(FAULTS).filter(isFault);
const customer = (number: number) => ({ investSuite: `P${number}`, broker: `A${number}`, bank: `I${number}` });

describe('the named faults', () => {
  it('use names that the InvestSuite simulator knows', () => {
    const used = rulesOf(names, [customer(1), customer(2)]).filter(({ system }) => system === 'investSuite');
    expect(used.map(({ fault }) => fault.fault).filter((fault) => !(INVESTSUITE_FAULTS as readonly string[]).includes(fault))).toEqual([]);
  });

  it('strike by chance, so that everybody gets through in the end', () => {
    for (const { fault } of rulesOf(names, [customer(1)])) expect(fault).toMatchObject({ probability: expect.stringMatching(/^0\.\d+$/) });
  });

  it('never lose the event of a divest request that may be overwritten unseen', () => {
    const subjects = [1, 2, 3, 4].map(customer);
    const of = (name: 'wishes-lost' | 'version-gaps', fault: string) =>
      rulesOf([name], subjects)
        .filter((rule) => rule.fault.fault === fault && rule.fault.detail !== 'settings')
        .map((rule) => rule.fault.subject);
    expect(of('wishes-lost', 'event-lost')).toEqual(['P1', 'P3']);
    expect(of('version-gaps', 'version-gap')).toEqual(['P2', 'P4']);
  });
});
