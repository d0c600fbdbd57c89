import type { ByteStream } from '../../host/serial-port.ts';

/** Why an exchange with the device did not come off; every one of them may be tried again. */
export class LinkError extends Error {
  override readonly name = 'LinkError';
}

const READY = 'm-ready';

/**
 * Commands and answers of the MLPerf Tiny serial dialect over a stream of bytes: a command ends with `%`, its answer is the
 * lines up to `m-ready`.
 */
export class SerialLink {
  readonly #stream: ByteStream;
  #unfinishedLine = '';
  #lines: string[] = [];
  #lost: string | null = null;
  #words = 0;
  #wake: () => void = () => undefined;

  constructor(stream: ByteStream) {
    this.#stream = stream;
    stream.listen(
      (bytes) => {
        this.#receive(Buffer.from(bytes).toString('latin1'));
      },
      (reason) => {
        this.#lost = reason;
        this.#wake();
      },
    );
  }

  /** The lines that answer a command, `m-ready` left out. Throws a LinkError after `timeoutMs` without it. */
  async command(text: string, timeoutMs: number): Promise<readonly string[]> {
    this.#lines = [];
    await this.#stream.write(Buffer.from(`${text}%`, 'latin1'));
    return this.#answer(timeoutMs, `no answer to \`${shortened(text)}\``);
  }

  /**
   * Waits until the device is ready and all that it was told before is answered: it repeats a word that was never sent before.
   * The first `%` ends whatever command was cut short.
   */
  async recover(timeoutMs: number): Promise<void> {
    this.#words += 1;
    const word = `w${this.#words}`;
    const answer = `m-sync-[${word}]`;
    this.#lines = [];
    await this.#stream.write(Buffer.from(`%sync ${word}%`, 'latin1'));
    const isThere = await this.#until(timeoutMs, () => {
      const at = this.#lines.indexOf(answer);
      if (at < 0 || this.#lines[at + 1] !== READY) return false;
      this.#lines.splice(0, at + 2);
      return true;
    });
    if (isThere) return;
    if (this.#lost !== null) throw new LinkError(`the connection is lost: ${this.#lost}`);
    throw new LinkError(`no answer in ${(timeoutMs / 1000).toFixed(1)} s`);
  }

  async #answer(timeoutMs: number, complaint: string): Promise<readonly string[]> {
    const answer: string[] = [];
    const isOver = await this.#until(timeoutMs, () => {
      for (let line = this.#lines.shift(); line !== undefined; line = this.#lines.shift()) {
        if (line === READY) return true;
        answer.push(line);
      }
      return false;
    });
    if (isOver) return answer;
    if (this.#lost !== null) throw new LinkError(`the connection is lost: ${this.#lost}`);
    const said = answer.length === 0 ? '' : `; it said ${answer.slice(-2).map(shortened).join(', ')}`;
    throw new LinkError(`${complaint} in ${(timeoutMs / 1000).toFixed(1)} s${said}`);
  }

  /** Whether `isDone` came true in time; asked whenever something has arrived. */
  async #until(timeoutMs: number, isDone: () => boolean): Promise<boolean> {
    if (isDone()) return true;
    return new Promise((resolve) => {
      const settle = (outcome: boolean): void => {
        clearTimeout(timer);
        this.#wake = (): void => undefined;
        resolve(outcome);
      };
      const timer = setTimeout(() => {
        settle(false);
      }, timeoutMs);
      this.#wake = (): void => {
        if (isDone()) settle(true);
        else if (this.#lost !== null) settle(false);
      };
    });
  }

  #receive(text: string): void {
    const parts = (this.#unfinishedLine + text).split('\n');
    this.#unfinishedLine = parts.pop() ?? '';
    this.#lines.push(...parts.map((line) => line.trim()).filter((line) => line !== ''));
    this.#wake();
  }
}

function shortened(text: string): string {
  return text.length <= 40 ? text : `${text.slice(0, 37)}…`;
}
