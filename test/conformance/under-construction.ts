/** For the kit of an adapter that is not finished: what is missing is said, and never counts as kept. */
import { NotBuilt } from './suite.js';

/** A part of the kit that nobody has written yet. */
export const notBuiltYet = (what: string) => (): never => {
  throw new NotBuilt(what);
};

/** The port. An answer that only says "not built" ends the scenario: whatever follows from it would prove nothing. */
export const onlyWhatIsBuilt = <Port extends object, Answer>(port: Port, saysNotBuilt: (answer: Answer) => string | null): Port =>
  new Proxy(port, {
    get: (target, name): unknown => {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== 'function') return value;
      const built = (answer: unknown): unknown => {
        const missing = saysNotBuilt(answer as Answer);
        if (missing !== null) throw new NotBuilt(missing);
        return answer;
      };
      return (...words: readonly unknown[]): unknown => {
        const answer: unknown = Reflect.apply(value, target, words);
        // What is answered at once is a rule of the adapter, not an operation.
        return answer instanceof Promise ? answer.then(built) : answer;
      };
    },
  });
