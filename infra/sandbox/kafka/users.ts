/** Who may log in at the Kafka of the sandbox: one user for each service, and one for tests and tools that may do everything. */
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { serviceNames } from '../../../contracts/internal/services.js';

/** A super user. Brokers and controllers are this user, too. */
export const ADMIN = 'admin';
/** Passwords by user name. */
export type KafkaUsers = Readonly<Record<string, string>>;
export type KafkaLogin = { readonly mechanism: 'plain'; readonly username: string; readonly password: string };

export const newUsers = (): KafkaUsers =>
  Object.fromEntries([ADMIN, ...serviceNames].map((name) => [name, randomBytes(18).toString('base64url')]));

/** A folder that is used again keeps its users. */
export const usersIn = (folder: string): KafkaUsers => {
  const path = join(folder, 'users.json');
  const known = existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as KafkaUsers) : {};
  const users = { ...newUsers(), ...known };
  writeFileSync(path, JSON.stringify(users), { mode: 0o600 });
  return users;
};

/** @throws Error when there is no such user. */
export const loginOf = (users: KafkaUsers, username: string): KafkaLogin => {
  const password = users[username];
  if (password === undefined) throw new Error(`this Kafka has no user ${username}`);
  return { mechanism: 'plain', username, password };
};
