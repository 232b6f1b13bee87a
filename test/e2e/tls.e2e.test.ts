/** One service as a process, with everything that it reaches behind TLS and our own authority; certificates change while it runs. */
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { databaseLogins, kafkaUsers, prepareTopics, serviceKeys } from '../../infra/sandbox/identities.js';
import { startKafka, type Kafka } from '../../infra/sandbox/kafka/launcher.js';
import { freePort } from '../../infra/sandbox/ports.js';
import { startPostgres, type Postgres } from '../../infra/sandbox/postgres.js';
import { projectRoot } from '../../infra/sandbox/project-root.js';
import { makeRunFolder, type RunFolder } from '../../infra/sandbox/run-folder.js';
import { launchService, type LaunchedService } from '../../infra/services/launch.js';
import { migrate } from '../../migrations/index.js';
import { newAuthority } from '../support/certificates.js';
import { eventually } from '../support/eventually.js';

const ours = newAuthority('Our authority');
const own = ours.issue('client-middleware');
const SYSTEMS = ['KAFKA', 'DATABASE', 'INVESTSUITE'];

let folder: RunFolder;
let kafka: Kafka;
let postgres: Postgres;
let service: LaunchedService;
const outside = createServer(
  { ...ours.issue('localhost'), ca: ours.cert, requestCert: true, rejectUnauthorized: true },
  (_request, response) => {
    response.writeHead(503).end();
  },
);

/** `<SYSTEM>_CA_FILE` and the two others, for each system. */
const certificateFiles = (): Record<string, string> => {
  const path = (name: string): string => join(folder.path, name);
  writeFileSync(path('ca.pem'), ours.cert);
  writeFileSync(path('own.pem'), own.cert);
  writeFileSync(path('own.key'), own.key);
  return Object.fromEntries(
    SYSTEMS.flatMap((system) => [
      [`${system}_CA_FILE`, path('ca.pem')],
      [`${system}_CLIENT_CERT_FILE`, path('own.pem')],
      [`${system}_CLIENT_KEY_FILE`, path('own.key')],
    ]),
  );
};
const metrics = async (): Promise<string> => (await fetch(`${service.url}/metrics`)).text();
const log = (): string => readFileSync(join(folder.path, 'portfolio.log'), 'utf8');

beforeAll(async () => {
  folder = makeRunFolder('tls');
  const tls = { ...ours.issue('localhost'), demands: ours.cert };
  [kafka, postgres] = await Promise.all([startKafka({ tls }), startPostgres({ tls })]);
  const port = await freePort();
  await new Promise<void>((resolve) => outside.listen(port, '127.0.0.1', resolve));
  const reached = { url: postgres.url, tls: () => ({ ca: ours.cert, ...own }) };
  await Promise.all([migrate(reached), prepareTopics(kafka)]);
  service = await launchService({
    name: 'portfolio',
    folder: folder.path,
    env: {
      ...(await databaseLogins(postgres.url, { ca: ours.cert, ...own })),
      ...kafkaUsers(kafka),
      ...serviceKeys(join(folder.path, 'keys')),
      ...certificateFiles(),
      TENANT_FILE: join(projectRoot, 'test/upgrade/tenant.yaml'),
      KAFKA_BROKERS: `127.0.0.1:${String(kafka.nodes[0]?.securePort)}`,
      INVESTSUITE_BASE_URL: `https://127.0.0.1:${String(port)}`,
      ...{ INVESTSUITE_ACCESS_KEY_ID: 'id', INVESTSUITE_SECRET_ACCESS_KEY: 'secret-of-investsuite' },
    },
  });
}, 240_000);
afterAll(async () => {
  await service.stop();
  outside.closeAllConnections();
  outside.close();
  await Promise.all([kafka.stop(), postgres.stop()]);
  folder.remove();
}, 60_000);

describe('a service behind TLS', () => {
  it('is ready without ALLOW_PLAINTEXT, and warns of nothing [A14]', async () => {
    expect((await fetch(`${service.url}/health/ready`)).status).toBe(200);
    expect(log()).not.toContain('ALLOW_PLAINTEXT');
  });
  it('says when each certificate ends', async () => {
    const shown = await metrics();
    for (const system of SYSTEMS)
      for (const which of ['authority', 'own'])
        expect(shown).toMatch(new RegExp(`cmw_certificate_ends_at_seconds\\{system="${system}",which="${which}"[^}]*\\} \\d{10}`));
  });
  it('takes up a certificate that has changed on disk, and goes on [A14]', async () => {
    const soon = Date.now() + 5 * 86_400_000;
    const next = ours.issue('client-middleware', soon);
    writeFileSync(join(folder.path, 'own.key'), next.key);
    writeFileSync(join(folder.path, 'own.pem'), next.cert);
    const endsAt = String(Math.floor(soon / 1_000));
    await eventually(
      'the new certificate is the one that counts',
      metrics,
      (shown) => SYSTEMS.every((system) => shown.includes(`system="${system}",which="own"`)) && shown.includes(endsAt),
    );
    expect(log()).toContain('certificates were read again');
    await kafka.nodes[0]?.crash();
    await kafka.nodes[0]?.start();
    await eventually(
      'the service is ready again, over connections of its own new certificate',
      async () => (await fetch(`${service.url}/health/ready`)).status,
      (status) => status === 200,
      40_000,
      200,
    );
  }, 90_000);
});
