#!/usr/bin/env python3
# A regular expression cuts the row into tokens, a stack holds the open brackets. Between two items there has to be
# a space, and only there: so each token says which ones may follow it.
import re

MISTAKE = "mistake"


def stitches(row):
    tokens = re.findall(r"[kp]|\(|\)| |[1-9][0-9]*|.", row)
    sums = [[0, 0]]
    item = None  # the item just read, to which a count may still apply
    expects_item = True
    for token in tokens:
        if expects_item:
            if token == "(":
                sums.append([0, 0])
            elif token in ("k", "p"):
                item = [int(token == "k"), int(token == "p")]
                counted = expects_item = False
            else:
                return MISTAKE
        elif token.isdigit():
            if counted or token.startswith("0"):
                return MISTAKE
            item = [each * int(token) for each in item]
            counted = True
        elif token in (" ", ")"):
            sums[-1][0] += item[0]
            sums[-1][1] += item[1]
            if token == " ":
                expects_item = True
            elif len(sums) == 1:
                return MISTAKE
            else:
                item, counted = sums.pop(), False
        else:
            return MISTAKE
    if expects_item or len(sums) > 1:
        return MISTAKE
    return f"{sums[0][0] + item[0]} {sums[0][1] + item[1]}"


print(stitches(input()))
