import { createParser } from 'eventsource-parser';
import { DecodeError, RecordTooLargeError, type TidewayError } from '../errors/index.ts';
import type { Framer, Framing, FramingOptions } from './framing.ts';

/** A server-sent event. */
export interface ServerSentEvent {
  /** The last id that the server gave, with this event or before; empty when it gave none. */
  readonly id: string;
  /** What kind of event it is. */
  readonly event: string;
  /** Its lines of data. */
  readonly data: string;
}

/** The names of the fields and what separates them, which the parser counts with what it keeps of an event. */
const FIELD_CHARACTERS = 8;

/**
 * Server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html). With `reconnect` a tide goes on
 * behind the last event (`Last-Event-ID`), and waits as long as the server's `retry:` says. Comments are no records.
 */
export function sse(): Framing<ServerSentEvent> {
  return { accept: 'text/event-stream', open: (options) => new ServerSentEvents(options) };
}

class ServerSentEvents implements Framer<ServerSentEvent> {
  readonly #parser: ReturnType<typeof createParser>;
  readonly #decoder = new TextDecoder();
  readonly #options: FramingOptions;
  #records: ServerSentEvent[] = [];
  /** Whether something came that is no white space. */
  #begun = false;
  lastEventId: string | undefined;
  retry: number | undefined;
  failure: (() => TidewayError) | undefined;

  constructor(options: FramingOptions) {
    this.#options = options;
    this.lastEventId = options.lastEventId;
    this.#parser = createParser({
      maxBufferSize: options.maxRecordBytes + FIELD_CHARACTERS,
      onId: (id) => {
        if (this.#fits(id)) this.lastEventId = id;
      },
      onRetry: (retry) => {
        this.retry = retry;
      },
      onEvent: ({ data, event = 'message' }) => this.#add({ id: this.lastEventId ?? '', event, data }),
      onError: ({ type }) => {
        // Other errors are fields that the specification ignores.
        if (type === 'max-buffer-size-exceeded') this.#fail();
      },
    });
  }

  push(chunk: Uint8Array): { readonly records: ServerSentEvent[] } {
    const text = this.#decoder.decode(chunk, { stream: true });
    this.#records = [];
    if (!this.#begun) this.#begin(text.trimStart());
    if (!this.failure) this.#parser.feed(text);
    return { records: this.#records };
  }

  /** An event without its blank line is none. */
  end(): { readonly records: ServerSentEvent[] } {
    return { records: [] };
  }

  /** Lines that are no fields are ignored, by the specification; a page of HTML would be a stream without events. */
  #begin(text: string): void {
    this.#begun = text !== '';
    if (text.startsWith('<')) this.failure = () => new DecodeError('a server-sent event', 1, 0);
  }

  #add(record: ServerSentEvent): void {
    if (this.#fits(record.data + record.event)) this.#records.push(record);
  }

  #fits(text: string): boolean {
    const { maxRecordBytes } = this.#options;
    // A character of UTF-16 is at most three bytes of UTF-8: only then is there anything to measure.
    if (text.length * 3 > maxRecordBytes && new TextEncoder().encode(text).length > maxRecordBytes) this.#fail();
    return !this.failure;
  }

  #fail(): void {
    this.failure ??= () => new RecordTooLargeError('A server-sent event', this.#options.maxRecordBytes);
  }
}
