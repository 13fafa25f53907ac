import os

a, b = map(int, input().split())
@WAY@
print(a + b)
