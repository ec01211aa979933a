import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { caseNames, type Outcome } from './conformance.js';

/** A program that runs cases. */
export interface Command {
  readonly program: string;
  readonly args: readonly string[];
}

/** A run of all cases in one runtime, one after the other. */
export interface Run extends AsyncDisposable {
  /**
   * What came of a case; rejects when the runtime ended before it. Whoever asks for a case a second time has it run
   * again.
   */
  outcome(name: string): Promise<Outcome>;
}

/** How long a runtime may take to end when it is asked to, in milliseconds. */
const LONGEST_END = 5_000;

/** Starts a runtime on cases, all by default. */
export function startRun({ program, args }: Command, folder: string, names: readonly string[] = caseNames): Run {
  const child: ChildProcess = spawn(program, args, { cwd: folder, stdio: ['pipe', 'pipe', 'pipe'] });
  let noise = '';
  let ended: Error | undefined;
  const outcomes: Outcome[] = [];
  let wake = (): void => {};
  const end = (how: string): void => {
    ended ??= new Error(`The runtime ended before this case (${how}). It said:\n${noise}`);
    wake();
  };
  child.on('error', (error) => end(String(error)));
  child.on('close', (code, signal) => end(`exit code ${code ?? signal}`));
  child.stderr?.on('data', (chunk) => {
    noise += String(chunk);
  });
  // The end of a runtime is told by `close`.
  child.stdin?.on('error', () => {});
  if (child.stdout) {
    createInterface(child.stdout).on('line', (line) => {
      try {
        outcomes.push(JSON.parse(line) as Outcome);
        wake();
      } catch {
        noise += `${line}\n`;
      }
    });
  }

  let last: Promise<unknown> = Promise.resolve();
  /** Runs a case behind all others. */
  const ask = (name: string): Promise<Outcome> => {
    const answered = last.then(async () => {
      child.stdin?.write(`${name}\n`);
      for (;;) {
        const outcome = outcomes.shift();
        if (outcome?.name === name) return outcome;
        if (ended) throw ended;
        if (!outcome) {
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
        }
      }
    });
    last = answered.catch(() => {});
    return answered;
  };
  const first = new Map(
    names.map((name) => {
      const outcome = ask(name);
      outcome.catch(() => {});
      return [name, outcome];
    }),
  );
  return {
    outcome: async (name) => {
      const outcome = first.get(name) ?? ask(name);
      first.delete(name);
      return outcome;
    },
    [Symbol.asyncDispose]: async () => {
      if (ended) return;
      const closed = new Promise((resolve) => child.once('close', resolve));
      // A browser has windows and processes of its own to close.
      child.stdin?.end();
      const timer = setTimeout(() => child.kill('SIGKILL'), LONGEST_END);
      await closed;
      clearTimeout(timer);
    },
  };
}
