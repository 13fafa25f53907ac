-- Counters. A field of `depth` vanishes at zero, so that an idle queue keeps nothing.
local function add(field, delta)
  if delta ~= 0 and redis.call('HINCRBY', P .. 'depth', field, delta) <= 0 then
    redis.call('HDEL', P .. 'depth', field)
  end
end

local function count(total)
  redis.call('HINCRBY', P .. 'totals', total, 1)
end

-- One more job has ended: what the drain rate is measured from. A field is five seconds, and those that are more
-- than a minute away (on either side, for a clock may jump) go when a new one comes, so there are never many.
local DRAIN_SLOT_MS, DRAIN_SLOTS = 5000, 12

local function count_drained()
  local slot = math.floor(now / DRAIN_SLOT_MS)
  if redis.call('HINCRBY', P .. 'drained', slot, 1) == 1 then
    for _, old in ipairs(redis.call('HKEYS', P .. 'drained')) do
      if math.abs(slot - old) > DRAIN_SLOTS then redis.call('HDEL', P .. 'drained', old) end
    end
  end
end

local function drained_in_a_minute()
  local slot, sum = math.floor(now / DRAIN_SLOT_MS), 0
  local fields = redis.call('HGETALL', P .. 'drained')
  for i = 1, #fields, 2 do
    if math.abs(slot - fields[i]) <= DRAIN_SLOTS then sum = sum + fields[i + 1] end
  end
  return sum
end
