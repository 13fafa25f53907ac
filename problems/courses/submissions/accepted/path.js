// The same search as a loop over an explicit path, one number a line.
const [courses, count, ...numbers] = require("fs").readFileSync(0, "utf8").split(/\s+/).filter(Boolean).map(Number);
const neededBy = Array.from({ length: courses + 1 }, () => []);
for (let i = 0; i < count; i++) neededBy[numbers[2 * i]].push(numbers[2 * i + 1]);

function plan() {
  const state = new Uint8Array(courses + 1); // 0 new, 1 on the path, 2 done
  const next = new Int32Array(courses + 1);
  const order = [];
  for (let start = 1; start <= courses; start++) {
    if (state[start]) continue;
    const path = [start];
    state[start] = 1;
    while (path.length) {
      const course = path[path.length - 1];
      if (next[course] === neededBy[course].length) {
        state[course] = 2;
        order.push(path.pop());
        continue;
      }
      const after = neededBy[course][next[course]++];
      if (state[after] === 1) {
        const circle = path.slice(path.indexOf(after));
        return ["impossible", circle.length, ...circle];
      }
      if (state[after] === 0) {
        state[after] = 1;
        path.push(after);
      }
    }
  }
  return ["possible", ...order.reverse()];
}

console.log(plan().join("\n"));
