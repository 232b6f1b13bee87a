/**
 * Every status DriveWealth documents, by number and by each spelling met in its documentation and in public client code.
 * What is not listed here is `null`: unknown to us, never an end. Sources: see README.md in this folder.
 */

export type OrderStatus = 'NEW' | 'PENDING' | 'PARTIAL_FILL' | 'PENDING_CANCEL' | 'FILLED' | 'CANCELED' | 'REJECTED' | 'EXPIRED';

type OrderStatusRow = {
  readonly status: OrderStatus;
  readonly codes: readonly string[];
  readonly spellings: readonly string[];
  readonly isEnd: boolean;
};

/**
 * `codes` are the numbers of the order lists; texts stand in the order itself and in events. 7 is listed and not explained; 3, 9, A, B and C
 * stand in another list only. None of them is read: what is not known is no end.
 */
export const ORDER_STATUSES: readonly OrderStatusRow[] = [
  { status: 'NEW', codes: ['0'], spellings: ['NEW', 'PENDING_NEW', 'ACCEPTED'], isEnd: false },
  { status: 'PENDING', codes: [], spellings: ['PENDING', 'STOPPED', 'SUSPENDED'], isEnd: false },
  { status: 'PARTIAL_FILL', codes: ['1'], spellings: ['PARTIAL_FILL', 'PARTIAL_FILLED', 'PARTIALLY_FILLED', 'PARTIALFILL'], isEnd: false },
  { status: 'PENDING_CANCEL', codes: ['6'], spellings: ['PENDING_CANCEL', 'PENDINGCANCEL', 'CANCEL_PENDING'], isEnd: false },
  { status: 'FILLED', codes: ['2'], spellings: ['FILLED'], isEnd: true },
  { status: 'CANCELED', codes: ['4'], spellings: ['CANCELED', 'CANCELLED'], isEnd: true },
  { status: 'REJECTED', codes: ['8'], spellings: ['REJECTED'], isEnd: true },
  { status: 'EXPIRED', codes: [], spellings: ['EXPIRED'], isEnd: true },
];

export type RedemptionStatus =
  | 'STARTED'
  | 'PENDING'
  | 'SUCCESSFUL'
  | 'FAILED'
  | 'OTHER'
  | 'RETURNED'
  | 'RIA_PENDING'
  | 'RIA_APPROVED'
  | 'RIA_REJECTED'
  | 'APPROVED'
  | 'REJECTED'
  | 'ON_HOLD'
  | 'PROCESSING'
  | 'UNKNOWN';

type RedemptionStatusRow = {
  readonly status: RedemptionStatus;
  readonly code: string;
  readonly spellings: readonly string[];
  readonly isEnd: boolean;
};

/** An end may still be followed by RETURNED: the bank sends the money back days later. */
export const REDEMPTION_STATUSES: readonly RedemptionStatusRow[] = [
  { status: 'STARTED', code: '0', spellings: ['STARTED'], isEnd: false },
  { status: 'PENDING', code: '1', spellings: ['PENDING'], isEnd: false },
  { status: 'SUCCESSFUL', code: '2', spellings: ['SUCCESSFUL', 'SUCCESS'], isEnd: true },
  { status: 'FAILED', code: '3', spellings: ['FAILED'], isEnd: true },
  { status: 'OTHER', code: '4', spellings: ['OTHER'], isEnd: false },
  { status: 'RETURNED', code: '5', spellings: ['RETURNED'], isEnd: true },
  { status: 'RIA_PENDING', code: '11', spellings: ['RIA_PENDING'], isEnd: false },
  { status: 'RIA_APPROVED', code: '12', spellings: ['RIA_APPROVED'], isEnd: false },
  { status: 'RIA_REJECTED', code: '13', spellings: ['RIA_REJECTED'], isEnd: false },
  { status: 'APPROVED', code: '14', spellings: ['APPROVED'], isEnd: false },
  { status: 'REJECTED', code: '15', spellings: ['REJECTED'], isEnd: false },
  { status: 'ON_HOLD', code: '16', spellings: ['ON_HOLD'], isEnd: false },
  { status: 'PROCESSING', code: '17', spellings: ['PROCESSING'], isEnd: false },
  { status: 'UNKNOWN', code: '-1', spellings: ['UNKNOWN', '-'], isEnd: false },
];

/** Spellings differ in case, blanks and hyphens: `On Hold`, `RIA_Pending`, `on-hold`. */
const normalised = (text: string): string =>
  text === '-'
    ? text
    : text
        .trim()
        .toUpperCase()
        .replace(/[\s-]+/g, '_');

const byOrderWord = new Map<string, OrderStatus>(
  ORDER_STATUSES.flatMap((row) => [...row.codes, ...row.spellings].map((word) => [word, row.status] as const)),
);
const byRedemptionCode = new Map<string, RedemptionStatus>(REDEMPTION_STATUSES.map((row) => [row.code, row.status] as const));
const byRedemptionWord = new Map<string, RedemptionStatus>(
  REDEMPTION_STATUSES.flatMap((row) => row.spellings.map((word) => [word, row.status] as const)),
);

/** The status behind a code or any spelling, or null when it is not listed. */
export const orderStatusOf = (word: string): OrderStatus | null => byOrderWord.get(word) ?? byOrderWord.get(normalised(word)) ?? null;

export const orderStatusIsEnd = (status: OrderStatus): boolean => ORDER_STATUSES.some((row) => row.status === status && row.isEnd);

/** The number decides, the text is asked second; null when neither is listed. */
export const redemptionStatusOf = (code: string | undefined, text: string | undefined): RedemptionStatus | null =>
  (code === undefined ? undefined : (byRedemptionCode.get(code) ?? byRedemptionWord.get(normalised(code)))) ??
  (text === undefined ? undefined : (byRedemptionWord.get(normalised(text)) ?? byRedemptionCode.get(text))) ??
  null;

export const redemptionCodeOf = (status: RedemptionStatus): string => {
  const row = REDEMPTION_STATUSES.find((candidate) => candidate.status === status);
  if (row === undefined) throw new RangeError('no such redemption status');
  return row.code;
};

/** Error codes that decide something for us. The code is stable, the message is free text that may hold account numbers. */
export const ERROR_CODES = {
  tokenExpired: 'L025',
  duplicateRequest: 'E075',
  duplicateValue: 'E020',
  badRequestBody: 'E032',
  staleRequest: 'E005',
  requestFromTheFuture: 'E006',
  tooManyRepeats: 'E101',
  keyTooShort: 'IK010',
  keyNotUsable: 'IK025',
  keyAnswerUnreadable: 'IK075',
  orderAccountNotOpen: 'O098',
  orderUnclassified: 'O099',
  orderTooManyUnits: 'O105',
  orderExpired: 'O123',
  orderCancelledByCorporateAction: 'O124',
  orderAboveLimit: 'O125',
  orderQuantityXorAmount: 'O015',
  accountNotFound: 'A001',
  accountRestricted: 'A051',
  paymentNotAllowed: 'Y025',
  paymentNotFound: 'Y050',
  paymentNotEnoughCash: 'Y075',
  paymentOutsideWindow: 'A065',
} as const;

/** Ledger codes (`finTranTypeID`) of account transactions. The list is open. */
export const LEDGER_CODES = {
  sale: 'SSAL',
  purchase: 'SPUR',
  commission: 'COMM',
  fee: 'FEE',
  withdrawal: 'CSD',
  deposit: 'CSR',
  creditAdjustment: 'CADJ',
  cashJournal: 'JNLC',
  interest: 'INT',
  dividend: 'DIV',
  dividendTax: 'DIVTAX',
  dividendNonResidentTax: 'DIVNRA',
  stockJournal: 'STCK',
  stockSplit: 'STOCK_SPLIT',
  spinOff: 'SPINOFF',
  mergerOrAcquisition: 'MERGER_ACQUISITION',
  transferInCash: 'ACATS_CASH',
  transferInStock: 'ACATS_STOCK',
  cryptoPurchase: 'CCPUR',
  cryptoSale: 'CCSAL',
  partnershipWithholding: 'PTP_WITHHOLDING',
  /** Listed without a word on what they are. */
  divm: 'DIVM',
  slip: 'SLIP',
} as const;
