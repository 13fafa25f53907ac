#!/usr/bin/env python3
# Subset sums as the bits of long integers, one integer for each parcel: an eighth of a byte per sum.
def main():
    input()
    weights = list(map(int, input().split()))
    total = sum(weights)
    below_half = (1 << (total // 2 + 1)) - 1
    rows = [1]
    for weight in weights:
        rows.append((rows[-1] | rows[-1] << weight) & below_half)
    best = load = rows[-1].bit_length() - 1
    vans = []
    for index in range(len(weights), 0, -1):
        if rows[index - 1] >> load & 1:
            vans.append("B")
        else:
            vans.append("A")
            load -= weights[index - 1]
    print(total - 2 * best)
    print("".join(reversed(vans)))


main()
