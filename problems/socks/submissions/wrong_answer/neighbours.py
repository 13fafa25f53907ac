# Looks at socks side by side only.
input()
colours = input().split()
print(sum(one == other for one, other in zip(colours, colours[1:])))
