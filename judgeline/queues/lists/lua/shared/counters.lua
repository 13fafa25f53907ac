-- What was counted, for those who ask.
--#uses counting
local function in_a_minute(hash)
  local slot, sum = math.floor(now / SLOT_MS), 0
  local fields = redis.call('HGETALL', hash)
  for i = 1, #fields, 2 do
    if math.abs(slot - fields[i]) <= SLOTS then sum = sum + fields[i + 1] end
  end
  return sum
end

local function drained_in_a_minute()
  return in_a_minute(P .. 'drained')
end
