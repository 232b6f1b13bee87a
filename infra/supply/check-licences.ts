/** For npm run lint, from the sources. */
import { licenceProblems } from './licences.js';
import { readShipped } from './read-shipped.js';

const problems = licenceProblems(readShipped(process.cwd()).parts);
for (const problem of problems) process.stdout.write(`licences: ${problem}\n`);
process.exitCode = problems.length === 0 ? 0 : 1;
