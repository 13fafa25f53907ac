block = [0]
while True:
    block += block
