// Fills BullMQ as it is told: the orders of bench/queues/peers/base.py, one JSON object a line.
import readline from "node:readline";
import { Queue, QueueEvents } from "bullmq";

import { connection, QUEUE } from "./server.mjs";

const CHUNK = 1000;
const WAIT_MS = 10_000;
const LOAD_BASE = 2 ** 40;
const PROBE_BASE = 2 ** 41;
const queue = new Queue(QUEUE, { connection: connection() });
const events = new QueueEvents(QUEUE, { connection: connection() });

const one = (number) => queue.add("noop", { number });
const bulk = (numbers) => queue.addBulk(numbers.map((number) => ({ name: "noop", data: { number } })));
const call = async (number) => (await one(number)).waitUntilFinished(events, WAIT_MS);
const seconds = () => performance.now() / 1000;

async function until(when) {
  const left = when - seconds();
  if (left > 0) await new Promise((awake) => setTimeout(awake, left * 1000));
}

// mulberry32: random arrivals that are the same in every run
function* arrivals(rate, seed) {
  let state = seed >>> 0;
  let due = 0;
  for (;;) {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    const chance = ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
    due += -Math.log(1 - chance) / rate;
    yield due;
  }
}

async function fill(order) {
  const numbers = Array.from({ length: order.count }, (_, index) => order.first + index);
  const began = seconds();
  if (order.bulk) {
    for (let start = 0; start < numbers.length; start += CHUNK) await bulk(numbers.slice(start, start + CHUNK));
  } else {
    for (const number of numbers) await one(number);
  }
  return { s: seconds() - began };
}

async function load(order) {
  const began = seconds();
  let sent = 0;
  let late = 0;
  for (const due of arrivals(order.rate, order.seed)) {
    if (due > order.seconds) break;
    await until(began + due);
    await one(LOAD_BASE + sent++);
    late = seconds() - began - due;
  }
  return { sent, late_s: Math.max(0, late) };
}

async function probe(order) {
  const began = seconds();
  const ms = [];
  for (const due of arrivals(order.rate, order.seed)) {
    if (ms.length >= order.count) break;
    const behind = seconds() > began + due;
    await until(began + due);
    const since = behind ? began + due : seconds();
    await call(PROBE_BASE + ms.length);
    ms.push((seconds() - since) * 1000);
  }
  return { ms };
}

const orders = { fill, load, probe };
const say = (answer) => process.stdout.write(JSON.stringify(answer) + "\n");
await Promise.all([queue.waitUntilReady(), events.waitUntilReady()]);
say({ ready: true, bulk: true });
for await (const line of readline.createInterface({ input: process.stdin })) {
  const order = JSON.parse(line);
  try {
    say(await orders[order.do](order));
  } catch (error) {
    say({ error: String(error) });
  }
}
process.exit(0);
