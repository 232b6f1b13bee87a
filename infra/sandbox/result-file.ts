import { existsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { WrongUsage } from './wrong-usage.js';

const isFolder = (path: string): boolean => existsSync(path) && statSync(path).isDirectory();

/** What --json names is written at the end of a long run, so whether it can be is asked before. @throws WrongUsage */
export const demandPlaceFor = (jsonFile: string | null): void => {
  if (jsonFile === null) return;
  if (jsonFile === '') throw new WrongUsage('--json takes the name of a file.');
  if (isFolder(jsonFile)) throw new WrongUsage(`--json takes the name of a file, and "${jsonFile}" is a folder.`);
  if (!isFolder(dirname(jsonFile))) throw new WrongUsage(`--json: there is no folder "${dirname(jsonFile)}".`);
};
