// Replaces the innermost brackets by their sum, written as [knit,purl], until no brackets are left.
const item = String.raw`(?:[kp]|\[\d+,\d+\])(?:[1-9]\d*)?`;
const simpleRow = `${item}(?: ${item})*`;
const innermost = new RegExp(String.raw`\((${simpleRow})\)`, "g");

function total(row) {
  let knit = 0n;
  let purl = 0n;
  for (const [, stitch, k, p, count] of row.matchAll(/([kp])?(?:\[(\d+),(\d+)\])?(\d+)?(?: |$)/g)) {
    const times = BigInt(count ?? 1);
    knit += times * (stitch === "k" ? 1n : BigInt(k ?? 0));
    purl += times * (stitch === "p" ? 1n : BigInt(p ?? 0));
  }
  return [knit, purl];
}

let row = require("fs").readFileSync(0, "utf8").replace(/\n$/, "");
for (let before = null; before !== row; ) {
  before = row;
  row = row.replace(innermost, (_, inner) => `[${total(inner).join(",")}]`);
}
console.log(new RegExp(`^${simpleRow}$`).test(row) ? total(row).join(" ") : "mistake");
