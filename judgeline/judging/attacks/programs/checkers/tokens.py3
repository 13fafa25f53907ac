import sys

a, b = map(int, input().split())
sys.stdout.write(f"{a + b}\x00{a + b}\x1b[A\x08\x08 inf nan 0x2a 4_2 ４２\x85\u2028")
