import type { Json } from '../../kernel/log.ts';
import { textOf } from '../json-text.ts';

/** An ItemBatcher with its fields evaluated; 0 means no limit. */
export interface BatchSettings {
  readonly maxItems: number;
  readonly maxBytes: number;
  readonly batchInput: Json | undefined;
}

/** The input of each child: `{BatchInput?, Items}`, as many items as fit both limits, one at least. */
export function batchesOf(items: readonly Json[], settings: BatchSettings): Json[] {
  const batches: Json[] = [];
  let batch: Json[] = [];
  const wrap = (list: Json[]): Json =>
    settings.batchInput === undefined ? { Items: list } : { BatchInput: settings.batchInput, Items: list };
  const emptyBytes = Buffer.byteLength(textOf(wrap([])));
  let bytes = emptyBytes;
  for (const item of items) {
    const size = Buffer.byteLength(textOf(item)) + (batch.length > 0 ? 1 : 0);
    const full =
      (settings.maxItems > 0 && batch.length >= settings.maxItems) ||
      (settings.maxBytes > 0 && bytes + size > settings.maxBytes);
    if (full && batch.length > 0) {
      batches.push(wrap(batch));
      batch = [];
      bytes = emptyBytes;
    }
    batch.push(item);
    bytes += size;
  }
  if (batch.length > 0) batches.push(wrap(batch));
  return batches;
}
