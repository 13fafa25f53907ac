#!/usr/bin/env python3
# Walk through the log with the surplus of blackbirds. Between two places with the same surplus there were as many
# of the ones as of the others, so remember the first place of each surplus.
def main():
    input()
    log = input()
    first = {0: 0}
    surplus = best = 0
    for place, bird in enumerate(log, 1):
        surplus += 1 if bird == "B" else -1
        start = first.setdefault(surplus, place)
        if place - start > best:
            best = place - start
    print(best)


main()
