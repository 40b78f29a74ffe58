import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Heap, type HeapItem, isBefore, NOWHERE } from '../../src/core/heap.js';
import type { Order } from '../../src/core/strays.js';

interface Item extends HeapItem {
  readonly at: number;
  readonly seq: number;
}

const order: Order<Item> = { first: (item) => item.at, second: (item) => item.seq, third: () => 0 };

describe('the heap of the memory store', () => {
  it('given any pushes and removals, when it is asked, then its first is the first in order and its size is right', () => {
    const push = fc.record({ push: fc.integer({ min: 0, max: 50 }) });
    const rising = fc.record({ rise: fc.integer({ min: 0, max: 3 }) });
    const remove = fc.record({ remove: fc.nat() });
    const pop = fc.constant({ pop: true as const });
    fc.assert(
      fc.property(fc.array(fc.oneof(push, rising, remove, pop), { maxLength: 400 }), (steps) => {
        const heap = new Heap<Item>(order);
        const held: Item[] = [];
        let seq = 0;
        let clock = 0;
        for (const step of steps) {
          if ('push' in step || 'rise' in step) {
            if ('rise' in step) clock += step.rise;
            const item = { heapAt: NOWHERE, at: 'push' in step ? step.push : clock, seq: seq++ };
            heap.push(item);
            held.push(item);
          } else if (held.length > 0) {
            const item = 'pop' in step ? (heap.peek() as Item) : (held[step.remove % held.length] as Item);
            heap.remove(item);
            held.splice(held.indexOf(item), 1);
            expect(item.heapAt).toBe(NOWHERE);
          }
          expect(heap.size).toBe(held.length);
          expect(heap.peek()).toBe(held.toSorted((a, b) => (isBefore(order, a, b) ? -1 : 1))[0]);
        }
      }),
    );
  });

  it('given a long line, when most of its middle leaves, then the rest comes out in order', () => {
    const heap = new Heap<Item>(order);
    const items = Array.from({ length: 10_000 }, (_, seq): Item => ({ heapAt: NOWHERE, at: seq >> 3, seq }));
    for (const item of items) heap.push(item);
    const staying = items.filter((item) => item.seq % 97 === 0);
    for (const item of items) if (item.seq % 97 !== 0) heap.remove(item);
    const out: Item[] = [];
    for (let item = heap.peek(); item !== undefined; item = heap.peek()) {
      heap.remove(item);
      out.push(item);
    }
    expect(out).toEqual(staying);
  });

  it('given items out of order, when all have left, then nothing of them is held', () => {
    const heap = new Heap<Item>(order);
    const items = Array.from({ length: 1_000 }, (_, seq): Item => ({ heapAt: NOWHERE, at: 1_000 - seq, seq }));
    for (const item of items) heap.push(item);
    for (let item = heap.peek(); item !== undefined; item = heap.peek()) heap.remove(item);
    expect([heap.size, heap.peek()]).toEqual([0, undefined]);
    for (const item of items.toReversed()) heap.push(item);
    expect(heap.peek()).toBe(items.at(-1));
  });
});
