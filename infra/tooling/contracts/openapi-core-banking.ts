/** contracts/core-banking/openapi.json: what a bank has to offer so that it can be paid from, and what it calls us with. */
import { depositCallback, paymentStatusCallback } from '../../../contracts/core-banking/callbacks.js';
import {
  END_TO_END_ID_MAX,
  HEADER_IDEMPOTENCY_KEY,
  PAYMENT_STATUSES,
  PATHS,
  balances,
  createPaymentRequest,
  customer,
  payment,
  paymentList,
  problem,
} from '../../../contracts/core-banking/http.js';
import type { Json } from './asyncapi.js';
import { jsonSchemaOf } from './json-schema.js';
import { answer, jsonBody, schemaRef } from './openapi.js';

const problemOf = (description: string): Json => ({
  description,
  content: { 'application/problem+json': { schema: schemaRef('Problem') } },
});

const common: Json = {
  '401': problemOf('The token is missing or wrong'),
  '429': problemOf('Too many requests'),
  '503': problemOf('The core is away'),
};

const inPath = (name: string, description: string): Json => ({
  name,
  in: 'path',
  required: true,
  description,
  schema: { type: 'string', minLength: 1 },
});

/** The contract's own path with the parameter's name where its value will stand. */
const template = (path: (value: string) => string, name: string): string => path('value').replace('value', `{${name}}`);

const createPayment: Json = {
  operationId: 'createPayment',
  summary: 'Pays once. The same endToEndId never pays twice',
  parameters: [
    {
      name: HEADER_IDEMPOTENCY_KEY,
      in: 'header',
      required: true,
      description: 'The same for every repeat of the same request',
      schema: { type: 'string', minLength: 1, maxLength: 255 },
    },
  ],
  requestBody: { required: true, content: jsonBody(schemaRef('CreatePaymentRequest')) },
  responses: {
    '201': answer(
      `Taken. A definite refusal may be told here as status RJCT. Status is one of ${PAYMENT_STATUSES.join(', ')}`,
      schemaRef('Payment'),
    ),
    '200': answer('This endToEndId exists already: the payment as it stands', schemaRef('Payment')),
    '409': problemOf('This endToEndId exists already with another body'),
    '422': problemOf('Refused for good; `reason` is the ISO 20022 status reason'),
    ...common,
  },
};

const findPayments: Json = {
  operationId: 'findPayments',
  summary: "Payments by our reference. An empty list proves absence only once a request's longest life is over",
  parameters: [{ name: 'endToEndId', in: 'query', required: true, schema: { type: 'string', minLength: 1, maxLength: END_TO_END_ID_MAX } }],
  responses: { '200': answer('None or one', schemaRef('PaymentList')), ...common },
};

const read = (operationId: string, summary: string, parameter: Json, schema: string): Json => ({
  get: {
    operationId,
    summary,
    parameters: [parameter],
    responses: { '200': answer('As it stands', schemaRef(schema)), '404': problemOf('Not known'), ...common },
  },
});

const call = (operationId: string, summary: string, schema: string): Json => ({
  post: {
    operationId,
    summary,
    security: [],
    requestBody: { required: true, content: jsonBody(schemaRef(schema)) },
    responses: { '202': { description: 'Stored. Anything else: send it again, under the same webhook-id' } },
  },
});

export const coreBankingOpenApi = (version: string): Json => ({
  openapi: '3.1.1',
  info: {
    title: 'Payments API that the client middleware asks of a bank',
    version,
    description:
      'A thin façade over a core banking system, in ISO 20022 words. Amounts are text, never JSON numbers. After ACSC a return may still come: in the callback and in the reads.',
  },
  security: [{ bearer: [] }],
  paths: {
    [PATHS.payments]: { post: createPayment, get: findPayments },
    [template(PATHS.payment, 'paymentId')]: read(
      'readPayment',
      "One payment by the bank's id",
      inPath('paymentId', "The bank's id"),
      'Payment',
    ),
    [template(PATHS.balances, 'iban')]: read(
      'readBalances',
      'Balances of an account of the bank',
      inPath('iban', 'Without blanks'),
      'Balances',
    ),
    [template(PATHS.customer, 'externalId')]: read(
      'readCustomer',
      'A customer and the counter account, whose master core banking is',
      inPath('externalId', "The bank's id of the customer"),
      'Customer',
    ),
  },
  webhooks: {
    'payment-status': call(
      'paymentStatus',
      'POST /webhooks/core-banking/payment-status of the middleware, signed as Standard Webhooks',
      'PaymentStatus',
    ),
    deposit: call('deposit', 'POST /webhooks/core-banking/deposit of the middleware, signed as Standard Webhooks', 'Deposit'),
  },
  components: {
    schemas: {
      CreatePaymentRequest: jsonSchemaOf(createPaymentRequest),
      Payment: jsonSchemaOf(payment),
      PaymentList: jsonSchemaOf(paymentList),
      Balances: jsonSchemaOf(balances),
      Customer: jsonSchemaOf(customer),
      PaymentStatus: jsonSchemaOf(paymentStatusCallback),
      Deposit: jsonSchemaOf(depositCallback),
      Problem: jsonSchemaOf(problem),
    },
    securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } },
  },
});
