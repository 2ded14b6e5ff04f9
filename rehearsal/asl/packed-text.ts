import { deflateRawSync, inflateRawSync } from 'node:zlib';
import type { HistoryEventDetails } from './history-event.ts';

/** Texts at least this long are kept packed: 25,000 events may carry 256 KiB each, mostly much the same again. */
const packedFromLength = 16_384;

/** The texts packed last, since an exit's output is the next entry's input. */
const recentLength = 4;

interface PackedText {
  readonly packed: Uint8Array;
  readonly encoding: 'utf8' | 'utf16le';
}

/** Packs the long texts among the details of events; who reads one gets it back unpacked. */
export class TextPacker {
  readonly #recent: { readonly text: string; readonly entry: PackedText }[] = [];

  /** The details themselves where nothing in them is long, else a copy that looks the same. */
  pack(details: HistoryEventDetails): HistoryEventDetails {
    if (!Object.values(details).some(isLong)) return details;
    const copy: Record<string, unknown> = {};
    for (const [key, value] of Object.entries(details)) {
      if (typeof value === 'string' && value.length >= packedFromLength) this.#define(copy, key, value);
      else if (isLong(value)) copy[key] = this.pack(value as HistoryEventDetails);
      else copy[key] = value;
    }
    return copy;
  }

  #define(target: Record<string, unknown>, key: string, text: string): void {
    const { packed, encoding } = this.#packed(text);
    Object.defineProperty(target, key, { enumerable: true, get: () => inflateRawSync(packed).toString(encoding) });
  }

  #packed(text: string): PackedText {
    const known = this.#recent.find((entry) => entry.text === text);
    if (known) return known.entry;
    // A text that holds half a character would not come back from UTF-8 as it was.
    const encoding = text.isWellFormed() ? 'utf8' : 'utf16le';
    // Copied into memory of its own: the library's buffer is a small part of a large one.
    const packed = new Uint8Array(deflateRawSync(Buffer.from(text, encoding), { level: 3 }));
    const entry = { packed, encoding } as const;
    this.#recent.push({ text, entry });
    if (this.#recent.length > recentLength) this.#recent.shift();
    return entry;
  }
}

/** A long text, or an object (assigned variables) with one in it. */
function isLong(value: unknown): boolean {
  if (typeof value === 'string') return value.length >= packedFromLength;
  return typeof value === 'object' && value !== null && Object.values(value).some(isLong);
}
