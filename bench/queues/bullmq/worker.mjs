// One BullMQ worker: node worker.mjs CONCURRENCY
import fs from "node:fs";
import { Worker } from "bullmq";

import { connection, QUEUE } from "./server.mjs";

const file = fs.openSync(process.env.BENCH_MARKS, "a");
const mark = Buffer.alloc(24);
mark.writeBigUInt64LE(BigInt(process.pid), 8);

async function noop(job) {
  mark.writeBigUInt64LE(BigInt(job.data.number), 0);
  mark.writeBigUInt64LE(process.hrtime.bigint(), 16);
  fs.writeSync(file, mark);
  return { done: true };
}

const worker = new Worker(QUEUE, noop, { connection: connection(), concurrency: Number(process.argv[2]) });
worker.on("error", (error) => console.error(error.message));
