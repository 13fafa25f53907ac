# Looks at each pair: right, but too slow for the large drawers.
n = int(input())
colours = input().split()
print(sum(colours[i] == colours[j] for i in range(n) for j in range(i)))
