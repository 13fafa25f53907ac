def never():
    return (("x" * 4000) * 4000) * 4000, 2**2**2**2**2**9, (1,) * 10**9, -(1 << 10**10)


print(sum(map(int, input().split())))
