/** Runs the jobs of a service by the clock and publishes what they find. */
import { versionOf } from '../../../contracts/internal/topics.js';
import { schedule, validate, type ScheduledTask } from 'node-cron';
import { headersOf, printEnvelope } from '../../../contracts/internal/envelope.js';
import type { Printable } from '../../kernel/json.js';
import type { Found, Job } from '../engine/definition.js';
import type { OutgoingMessage } from '../kafka/producer.js';
import type { Log } from './log.js';

/** Whether a text is a cron expression. */
export const isSchedule = (text: string): boolean => validate(text);

export type Jobs = { readonly stop: () => Promise<void> };

const messageOf = (job: Job, slot: string, found: Found): OutgoingMessage => {
  const event = {
    id: `${job.name}:${slot}:${found.portfolioId}`,
    type: found.type,
    version: versionOf(found.topic),
    occurredAt: slot,
    portfolioId: found.portfolioId,
  };
  return {
    topic: found.topic,
    key: found.portfolioId,
    headers: headersOf(event),
    value: printEnvelope({ ...event, data: found.data as unknown as Printable }),
  };
};

/** One run of one job. Its failure is logged and the next slot comes: a job keeps nothing in memory. */
export const runJob = async (
  job: Job,
  slot: string,
  publish: (messages: readonly OutgoingMessage[]) => Promise<void>,
  log: Log,
): Promise<void> => {
  try {
    const found = await job.run(AbortSignal.timeout(job.timeoutMs));
    if (found.length > 0) await publish(found.map((one) => messageOf(job, slot, one)));
    log.info({ job: job.name, slot, found: found.length }, 'a job has run');
  } catch (error) {
    log.error({ err: error, job: job.name, slot }, 'a job failed; it runs again at its next time');
  }
};

export const startJobs = (jobs: readonly Job[], publish: (messages: readonly OutgoingMessage[]) => Promise<void>, log: Log): Jobs => {
  const tasks: ScheduledTask[] = jobs.map((job) =>
    schedule(job.schedule, (context) => runJob(job, context.date.toISOString(), publish, log), {
      name: job.name,
      timezone: 'UTC',
      noOverlap: true,
    }),
  );
  return {
    stop: async () => {
      for (const task of tasks) await task.destroy();
    },
  };
};
