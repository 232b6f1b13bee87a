import { describe, expect, it } from '@jest/globals';
import { join } from 'node:path';
import { demandPlaceFor } from './result-file.js';

describe('the file behind --json', () => {
  it('may be new, in a folder that is there', () => {
    for (const fine of [null, 'result.json', join(__dirname, 'result.json'), __filename]) expect(() => demandPlaceFor(fine)).not.toThrow();
  });
  it.each([
    ['', '--json takes the name of a file.'],
    [__dirname, `--json takes the name of a file, and "${__dirname}" is a folder.`],
    ['no-such-folder/result.json', '--json: there is no folder "no-such-folder".'],
    [join(__filename, 'result.json'), `--json: there is no folder "${__filename}".`],
  ])('%j is refused before the run', (path, sentence) => {
    expect(() => demandPlaceFor(path)).toThrow(expect.objectContaining({ message: sentence, exitCode: 64 }));
  });
});
