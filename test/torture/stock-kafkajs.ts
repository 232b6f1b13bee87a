/** kafkajs as it comes, with its defaults: what the wrapper is measured against. Nothing but the comparison may use it. */
import { Kafka, Partitioners } from 'kafkajs';
import { stockConfig, type Reached } from '../../shared/runtime/kafka/testing.js';

export interface StockSender {
  /** Resolves when kafkajs says that every message is stored. */
  send(messages: readonly { readonly key: string; readonly value: string }[]): Promise<void>;
  stop(): Promise<void>;
}

/** `idempotent`: the option that is there to prevent doubles. */
export const startStockSender = async (reached: Reached, topic: string, idempotent: boolean): Promise<StockSender> => {
  const kafka = new Kafka({ ...stockConfig(reached), clientId: `stock-${topic}` });
  const producer = kafka.producer({ idempotent, createPartitioner: Partitioners.DefaultPartitioner });
  await producer.connect();
  return {
    send: async (messages) => {
      await producer.send({ topic, acks: -1, messages: [...messages] });
    },
    stop: () => producer.disconnect(),
  };
};
