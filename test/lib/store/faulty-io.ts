import {nodeIo} from '../../../src/lib/store/file/store-io.js';
import type {StoreIo} from '../../../src/lib/store/file/store-io.js';

/** Called before every file operation with its number, from 1; throwing makes the operation fail. */
export type BeforeStep = (step: number, operation: string, args: readonly unknown[]) => void;

/** The real file system with something done before each operation. */
export function steppedIo(before: BeforeStep, base: StoreIo = nodeIo): StoreIo {
  let step = 0;
  return new Proxy(base, {
    get(target, name: keyof StoreIo) {
      const operation: unknown = target[name];
      if (typeof operation !== 'function') return operation;
      return (...args: unknown[]): unknown => {
        step += 1;
        before(step, name, args);
        return Reflect.apply(operation, target, args);
      };
    },
  });
}

/** What the system throws for that code. */
export function systemError(code: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`${code}: injected`), {code});
}
