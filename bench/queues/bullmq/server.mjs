// Where the server is.
export const QUEUE = "bench";

export function connection() {
  const url = new URL(process.env.BENCH_URL);
  return { host: url.hostname, port: Number(url.port), maxRetriesPerRequest: null };
}
