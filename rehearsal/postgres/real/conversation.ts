/** Answers that each end one message of an extended query: parsed, bound, closed, described, run to its end, emptied or suspended. */
const endsExtended = '123TnCIs';
/** Authentication requests that leave the next word to the client: https://www.postgresql.org/docs/current/protocol-message-formats.html */
const asksClient = new Set([3, 5, 10, 11]);

/**
 * Follows both sides of one connection, and knows whether the server still has to say something. That is how an answer is taken
 * whole, whatever the pieces and the pace in which it comes. https://www.postgresql.org/docs/current/protocol-flow.html
 */
export class Conversation {
  #login: 'server' | 'client' | 'done' = 'server';
  /** ReadyForQuery messages that are due. */
  #ready = 0;
  /** Messages of an extended query that have no answer yet, and how many of them were asked for by Flush. */
  #extended = 0;
  #flushed = 0;
  #copying = false;
  #ending = false;
  #ended = false;

  /** The server still has to say something. */
  get awaiting(): boolean {
    if (this.#ended) return false;
    if (this.#ending || this.#login === 'server') return true;
    return (this.#ready > 0 && !this.#copying) || this.#flushed > 0;
  }

  /** The client sent a message of this type. */
  sent(type: string): void {
    if (type === 'p') this.#login = 'server';
    else if ('QSF'.includes(type)) this.#ready++;
    else if ('PBDEC'.includes(type)) this.#extended++;
    else if (type === 'H') this.#flushed = this.#extended;
    else if (type === 'c' || type === 'f') this.#copying = false;
    else if (type === 'X') this.#ending = true;
  }

  /** The server sent a message. */
  received(type: string, body: Buffer): void {
    if (type === 'R') this.#login = asksClient.has(body.readInt32BE(0)) ? 'client' : 'server';
    else if (type === 'Z') {
      this.#login = 'done';
      this.#ready = Math.max(0, this.#ready - 1);
      this.#extended = 0;
      this.#flushed = 0;
    } else if (type === 'G') this.#copying = true;
    else if (type === 'E') {
      // After an error the server skips to the next Sync. One that ends the session is followed by its end alone.
      this.#extended = 0;
      this.#flushed = 0;
      this.#copying = false;
      if (/^S(FATAL|PANIC)\0/.test(body.toString('latin1', 0, 8))) this.#ending = true;
    } else if (endsExtended.includes(type)) {
      this.#extended = Math.max(0, this.#extended - 1);
      this.#flushed = Math.max(0, this.#flushed - 1);
    }
  }

  /** The connection to the server is closed. */
  closed(): void {
    this.#ended = true;
  }
}
