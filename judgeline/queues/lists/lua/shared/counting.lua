-- Counters. A field of `depth` vanishes at zero, so that an idle queue keeps nothing.
local function add(field, delta)
  if delta ~= 0 and redis.call('HINCRBY', P .. 'depth', field, delta) <= 0 then
    redis.call('HDEL', P .. 'depth', field)
  end
end

-- Fields of `totals` grow. While `noted` is a table they are noted there, the fields in their order and each one's sum,
-- and `write_noted` writes them with one command in place of one each: what every job passes through can tell.
local noted

local function grow(field, by)
  if noted then
    local known = noted[field]
    if not known then noted[#noted + 1] = field end
    noted[field] = (known or 0) + by
  else
    redis.call('HINCRBY', P .. 'totals', field, by)
  end
end

local function count(total)
  grow(total, 1)
end

local function write_noted()
  if #noted == 0 then return end
  local told, written = redis.call('HMGET', P .. 'totals', unpack(noted)), {}
  for i = 1, #noted do
    local field = noted[i]
    written[2 * i - 1] = field
    written[2 * i] = (told[i] or 0) + noted[field]
  end
  redis.call('HSET', P .. 'totals', unpack(written))
end

-- How long something took, counted in `totals`: fields `<what>:<n>` (n = the first bound that it does not pass, one more
-- than there are where it passes all) and `<what>:ms`, the sum. The bounds are those of `Histogram`.
local function observe(what, ms)
  local bound = 1
  if ms > 5 then
    local BOUNDS_MS = { 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10000, 30000, 60000, 300000, 900000 }
    while bound <= #BOUNDS_MS and ms > BOUNDS_MS[bound] do bound = bound + 1 end
  end
  grow(what .. ':' .. bound, 1)
  if ms > 0 then grow(what .. ':ms', ms) end
end

-- What the rates of the last minute are measured from: `drained` (jobs that ended) and `arrived` (that came in). A
-- field is five seconds, and those that are more than a minute away (on either side, for a clock may jump) go when a
-- new one comes, so there are never many.
local SLOT_MS, SLOTS = 5000, 12

local function count_in_slot(hash, jobs)
  local slot = math.floor(now / SLOT_MS)
  if redis.call('HINCRBY', hash, slot, jobs) == jobs then
    for _, old in ipairs(redis.call('HKEYS', hash)) do
      if math.abs(slot - old) > SLOTS then redis.call('HDEL', hash, old) end
    end
  end
end
