import { migrate } from './index.js';

const main = async (): Promise<void> => {
  if (process.argv.includes('--help')) {
    process.stdout.write(
      'npm run migrate: brings the database named by DATABASE_URL up to date. Forward only; safe to run twice and at the same time.\n',
    );
    return;
  }
  const url = process.env['DATABASE_URL'];
  if (url === undefined || url === '') {
    process.stderr.write('the configuration has 1 problem(s):\n  - DATABASE_URL is missing\n');
    process.exitCode = 78;
    return;
  }
  const applied = await migrate(url);
  process.stdout.write(applied.length === 0 ? 'the database is up to date\n' : `applied: ${applied.join(', ')}\n`);
};

main().catch((error: unknown) => {
  process.stderr.write(`the migration failed: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
